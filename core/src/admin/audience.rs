//! What is known of TLS by domain is brought over a restart.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::observe::Audience;
use crate::relay::Services;

/// The file's name in `data_dir`.
const FILE: &str = "posture.ndjson";

/// How often it is written: so much is lost where the power fails.
const EVERY: Duration = Duration::from_secs(5 * 60);

/// An audience that knows what was known at the last end. Blocks.
pub fn read(data_dir: &Path) -> Arc<Audience> {
    let audience = Audience::default();
    if let Err(error) = audience.posture.read(&data_dir.join(FILE)) {
        tracing::warn!(%error, "what was known of TLS by domain cannot be read: it begins anew");
    }
    Arc::new(audience)
}

/// Writes it now and then, and at the end.
pub async fn keep(services: Arc<Services>) {
    while services.stopping.run_until_cancelled(sleep(EVERY)).await.is_some() {
        write(Arc::clone(&services)).await;
    }
    services.observer.flush().await;
    write(services).await;
}

async fn write(services: Arc<Services>) {
    let write = move || {
        let path = services.config.data_dir.join(FILE);
        services.observer.audience().map_or(Ok(()), |audience| audience.posture.write(&path))
    };
    // A panic has been logged, and must not keep the relay from stopping.
    if let Ok(Err(error)) = tokio::task::spawn_blocking(write).await {
        tracing::warn!(%error, "what is known of TLS by domain cannot be written: a restart would forget it");
    }
}
