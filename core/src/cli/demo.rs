//! x
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}
impl Arguments {
    pub(super) fn run(self, setting: &super::Setting) -> anyhow::Result<super::Outcome> { let _ = setting; todo!() }
}
