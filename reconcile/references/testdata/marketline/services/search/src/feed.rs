//! Pulls product documents and enriches them with distances.

use crate::index::Index;
use std::{env, time::Duration};

const CATALOG: &str = "http://127.0.0.1:8120";
const GEO: &str = "http://127.0.0.1:8120";
const PAUSE: Duration = Duration::from_millis(8120);

pub fn start(index: Index) {
    let catalog = env::var("CATALOG_ADDR").unwrap_or_else(|_| CATALOG.into());
    let geo = env::var("GEO_ADDR").unwrap_or_else(|_| GEO.into());
    tokio::spawn(async move {
        loop {
            match pull(&catalog, &geo).await {
                Ok(docs) => index.replace(docs),
                Err(e) => eprintln!("feed: {e}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
}
