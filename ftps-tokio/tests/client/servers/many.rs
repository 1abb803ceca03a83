//! Many files over one session: none may fail, every byte must be there, every data connection must resume.

use tokio::io::AsyncReadExt;

use super::lab::{MIB, VERSIONS, bytes, explicit, unique};

const FILES: u64 = 300;

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn three_hundred_uploads_and_downloads_over_one_session() {
    for server in explicit() {
        for version in VERSIONS {
            let mut client = server.client(version).await;
            let name = unique("many", &server);
            for seed in 0..FILES {
                let file = bytes(seed, MIB);
                let done = client
                    .upload(&name, &mut file.as_slice())
                    .await
                    .unwrap_or_else(|error| panic!("{} {version:?} upload {seed}: {error}", server.name));
                assert_eq!(done.bytes, MIB as u64);
                assert_eq!(
                    done.resumed,
                    server.resumes(version),
                    "{} {version:?} upload {seed}",
                    server.name
                );

                let mut download = client.download(&name).await.unwrap();
                assert_eq!(
                    download.resumed(),
                    server.resumes(version),
                    "{} {version:?} download {seed}",
                    server.name
                );
                let mut back = Vec::new();
                download
                    .read_to_end(&mut back)
                    .await
                    .unwrap_or_else(|error| panic!("{} {version:?} download {seed}: {error}", server.name));
                drop(download);
                assert!(back == file, "{} {version:?} {seed}: the bytes differ", server.name);
            }
            client.remove_file(&name).await.unwrap();
            client.quit().await.unwrap();
        }
    }
}
