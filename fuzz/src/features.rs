//! The reply to FEAT.

use ftps_proto::codec::{Code, Features, Reply, ReplyDecoder, ReplyLimits};

/// Input: the lines between the first and the last of a reply to FEAT.
///
/// Holds: each label can be asked for, in any case; what is written is read again as the same.
pub fn features(data: &[u8]) {
    let Some(code) = Code::new(211) else { return };
    let features = Features::parse(&Reply::new(code, [b"Features:\n", data, b"\nEnd"].concat()));
    for (label, _) in features.iter() {
        assert!(features.has(label) && features.has(&label.to_ascii_lowercase()));
    }
    assert_eq!(features.mlst(), features.iter().any(|(label, _)| label.eq_ignore_ascii_case("MLST")));
    let mut written = Vec::new();
    features.to_reply(code).encode(&mut written);
    let mut decoder = ReplyDecoder::new(ReplyLimits::default());
    decoder.push(&written);
    let read = decoder.decode().ok().flatten();
    assert_eq!(read.as_ref().map(Features::parse), Some(features), "{}", written.escape_ascii());
}
