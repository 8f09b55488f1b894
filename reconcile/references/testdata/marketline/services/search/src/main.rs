mod config;
mod feed;
mod index;

use std::net::SocketAddr;

/// Where we listen when neither PORT nor settings.json says otherwise.
const DEFAULT_PORT: u16 = 8120;

/// Stop collecting hits after this many.
const HIT_LIMIT: usize = 7600;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cfg = config::load("settings.json", DEFAULT_PORT)?;
    let index = index::open(&cfg.index, HIT_LIMIT)?;
    feed::start(index.clone());

    let addr = SocketAddr::from(([127, 0, 0, 1], cfg.port));
    println!("search: listening on {addr}");
    axum::Server::bind(&addr)
        .serve(index.routes().into_make_service())
        .await?;
    Ok(())
}
