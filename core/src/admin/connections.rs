//! Who is connected to the admin side: no more than so many, and nobody who keeps it waiting. It shares the process's open files with mail.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// How many may be connected at once. Who comes then waits to be accepted.
const CONNECTIONS: usize = 256;

/// How long a request's head may take, from its first octet or the end of the last answer.
const HEAD: Duration = Duration::from_secs(10);

/// How long an answer may take to begin, and a request's body to come.
const ANSWER: Duration = Duration::from_secs(30);

/// How long to wait where a connection cannot be accepted, as for want of open files.
const RESPITE: Duration = Duration::from_millis(500);

/// Serves until it is to stop; then lets answers that have begun end.
pub(super) async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    let router = router.layer(from_fn(in_time));
    let (places, graceful) = (Arc::new(Semaphore::new(CONNECTIONS)), GracefulShutdown::new());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = stopping.cancelled() => break,
        };
        let Some((stream, client, place)) = accepted else { continue };
        let service = TowerToHyperService::new(router.clone().layer(Extension(ConnectInfo(client))));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%client, "a connection to the admin side has ended early: {error}");
            }
            drop(place);
        });
    }
    graceful.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, client)) => Some((stream, client, place)),
        Err(error) => {
            tracing::debug!("a connection to the admin side cannot be accepted: {error}");
            tokio::time::sleep(RESPITE).await;
            None
        }
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(ANSWER, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn started() -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stopping) = (listener.local_addr().unwrap(), CancellationToken::new());
        let router = Router::new()
            .route(
                "/",
                get(|ConnectInfo(client): ConnectInfo<SocketAddr>| async move { client.ip().to_string() }),
            )
            .route("/form", post(|body: String| async move { body }));
        tokio::spawn(serve(listener, router, stopping.clone()));
        (address, stopping)
    }

    /// What a client gets that says this and waits.
    async fn said(address: SocketAddr, words: &str) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(words.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    }

    const WHOLE: &str = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    #[tokio::test]
    async fn a_request_is_answered_and_knows_its_client() {
        let (address, _stopping) = started().await;
        let answer = said(address, WHOLE).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("127.0.0.1"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_head_is_not_awaited_for_ever() {
        let (address, _stopping) = started().await;
        let answer = said(address, "GET / HTTP/1.1\r\nHost: x\r\n").await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_body_is_not_awaited_for_ever() {
        let (address, _stopping) = started().await;
        let half = "POST /form HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\nhalf";
        let answer = said(address, half).await;
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    }

    #[tokio::test]
    async fn of_too_many_the_last_waits_for_a_place() {
        let (address, _stopping) = started().await;
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        let mut late = tokio::spawn(async move { said(address, WHOLE).await });
        tokio::time::timeout(Duration::from_millis(200), &mut late).await.unwrap_err();
        idle.pop();
        assert!(late.await.unwrap().starts_with("HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn it_stops() {
        let (address, stopping) = started().await;
        assert!(said(address, WHOLE).await.starts_with("HTTP/1.1 200"));
        stopping.cancel();
        while TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
