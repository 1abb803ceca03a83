//! Proxies before the servers, as `.ci/servers env` tells of them: microsocks and tinyproxy.

use ftps_proto::drive::ProxyProblem;
use ftps_proto::drive::{ConnectError, Proxy, ProxyError};
use ftps_proto::{Error, Layer};

use super::{Bench, MIB, bytes, proxy};
use crate::on_every_server;
use crate::subject::{Source, Subject};

/// Both connections go through it, of which the servers demand that they come from one address.
fn files_go_through_every_proxy<S: Subject>(bench: Bench<S>) {
    for name in ["socks5", "socks5-login", "http", "http-login"] {
        let builder = bench.site.builder::<S>().proxy(proxy(name));
        let mut bench = Bench::<S>::new(bench.site.clone(), &builder);
        let file = bytes(3, MIB + 77);
        let done = bench.client.upload("file", &mut Source::bytes(file.as_slice())).unwrap();
        assert!(done.bytes == file.len() as u64 && bench.directory.read("file") == file, "{name}");
        assert!(bench.client.download_to("file").unwrap().0 == file, "{name}");
        assert_eq!(bench.client.list("").unwrap().len(), 1, "{name}");
        bench.goes_on();
        bench.client.quit().unwrap();
    }
}
on_every_server!(files_go_through_every_proxy where |site| site.is_plainest());

fn a_proxy_that_refuses_is_named<S: Subject>(bench: Bench<S>) {
    let login = |name: &str| proxy(name).login("nobody", "wrong").unwrap();
    for (proxy, fits) in [
        (login("socks5-login"), (|problem| matches!(problem, ProxyProblem::LoginRefused)) as fn(&_) -> bool),
        (login("http-login"), |problem| {
            matches!(problem, ProxyProblem::LoginRefused | ProxyProblem::Http(401, _))
        }),
        (anonymous(&proxy("socks5-login")), |problem| matches!(problem, ProxyProblem::LoginRequired)),
        (anonymous(&proxy("http-login")), |problem| matches!(problem, ProxyProblem::LoginRequired)),
    ] {
        let error = S::connect(&bench.site.builder::<S>().proxy(proxy.clone())).err().unwrap();
        assert!(format!("{error:#}").contains(&proxy.to_string()), "{error:#}");
        assert!(fits(&problem(error)));
    }
    // Nobody listens there.
    for (name, problems) in [("socks5", [5, 1]), ("http", [502, 500])] {
        let error = S::connect(&bench.site.builder::<S>().port(1).proxy(proxy(name))).err().unwrap();
        let said = match problem(error) {
            ProxyProblem::Socks(code) => code.into(),
            ProxyProblem::Http(code, _) => code,
            problem => panic!("{problem:?}"),
        };
        assert!(problems.contains(&said), "{name}: {said}");
    }
    bench.client.quit().unwrap();
}
on_every_server!(a_proxy_that_refuses_is_named where |site| site.is("pure-ftpd") && site.is_plainest());

/// The same without a login.
fn anonymous(proxy: &Proxy) -> Proxy {
    proxy.to_string().parse().unwrap()
}

fn problem(error: Error) -> ProxyProblem {
    let Error::Connection { failure: Some(failure), .. } = error else { panic!("{error:#}") };
    assert_eq!(failure.layer, Layer::Transport);
    let error = failure.source.downcast::<std::io::Error>().unwrap();
    let error = error.into_inner().unwrap().downcast::<ConnectError>().unwrap();
    let inside = error.attempts().next().unwrap().1.get_ref().unwrap().downcast_ref::<ProxyError>().unwrap();
    match inside.problem() {
        ProxyProblem::Socks(code) => ProxyProblem::Socks(*code),
        ProxyProblem::Http(code, words) => ProxyProblem::Http(*code, words.clone()),
        ProxyProblem::LoginRequired => ProxyProblem::LoginRequired,
        ProxyProblem::LoginRefused => ProxyProblem::LoginRefused,
        problem => panic!("{problem:?}"),
    }
}
