//! The terms that a plugin makes for its verdict: a resource with setters, so that it can grow.

use wasmtime::component::{ComponentType, Lift, LinkerInstance, Resource, ResourceType};
use wasmtime::{Result, StoreContextMut};

use super::guest::Guest;
use crate::facts::Version;
use crate::spoken::{Setter, Spoken, parse_all};
use crate::verdicts::ClientCertificate;

/// Terms in the making: what was set last of each. It is applied when the verdict is handed over.
#[derive(Default)]
pub struct Terms(Vec<Set>);

/// What a setter was given, once it was found good.
type Set = (Setter, Box<dyn FnOnce(&mut Spoken) + Send + Sync>);

/// What a setter says of a value: what is wrong with it.
type Said = std::result::Result<(), String>;

/// `client-certificate` of the contract.
#[expect(dead_code, reason = "plugins make them, by lifting")]
#[derive(Clone, Copy, Debug, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
enum Ask {
    #[component(name = "none")]
    None,
    #[component(name = "request")]
    Request,
    #[component(name = "require")]
    Require,
}

impl Terms {
    /// Puts them into a verdict.
    pub(super) fn apply(self, spoken: &mut Spoken) {
        for (setter, set) in self.0 {
            set(spoken);
            spoken.set.push((setter, ::rhai::Position::NONE));
        }
    }

    fn put(&mut self, setter: Setter, set: impl FnOnce(&mut Spoken) + Send + Sync + 'static) -> Said {
        self.0.retain(|(earlier, _)| *earlier != setter);
        self.0.push((setter, Box::new(set)));
        Ok(())
    }
}

/// Links the resource.
pub(super) fn link(verdicts: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    verdicts.resource("terms", ResourceType::host::<Terms>(), |mut store, handle| {
        store.data_mut().table.delete(Resource::<Terms>::new_own(handle))?;
        Ok(())
    })?;
    verdicts.func_wrap("[constructor]terms", |mut store: StoreContextMut<'_, Guest>, (): ()| {
        Ok((store.data_mut().table.push(Terms::default())?,))
    })?;
    link_setter(verdicts, Setter::MinVersion, |terms, number: u16| {
        let version = Version::from_wire(number).filter(|version| *version >= Version::Tls12);
        let version = version.ok_or_else(|| {
            format!("{number:#06x} is no version that can be negotiated: 0x0303 is TLS 1.2, 0x0304 TLS 1.3")
        })?;
        terms.put(Setter::MinVersion, move |spoken| spoken.terms.min_version = version)
    })?;
    link_setter(verdicts, Setter::Suites, |terms, names: Vec<String>| {
        let suites = parse_all(some(Setter::Suites, names)?)?;
        terms.put(Setter::Suites, |spoken| spoken.terms.suites = Some(suites))
    })?;
    link_setter(verdicts, Setter::Groups, |terms, names: Vec<String>| {
        let groups = parse_all(some(Setter::Groups, names)?)?;
        terms.put(Setter::Groups, |spoken| spoken.terms.groups = Some(groups))
    })?;
    link_setter(verdicts, Setter::Roots, |terms, names: Vec<String>| {
        let roots = some(Setter::Roots, names)?.into_iter().collect();
        terms.put(Setter::Roots, |spoken| spoken.terms.roots = Some(roots))
    })?;
    link_setter(verdicts, Setter::ClientCertificate, |terms, ask: Ask| {
        let ask = match ask {
            Ask::None => ClientCertificate::None,
            Ask::Request => ClientCertificate::Request,
            Ask::Require => ClientCertificate::Require,
        };
        terms.put(Setter::ClientCertificate, move |spoken| spoken.client_certificate = ask)
    })?;
    link_setter(verdicts, Setter::Identity, |terms, name: String| {
        terms.put(Setter::Identity, |spoken| spoken.identity = Some(name))
    })?;
    link_setter(verdicts, Setter::ServerName, |terms, name: String| {
        terms.put(Setter::ServerName, |spoken| spoken.server_name = Some(name))
    })
}

fn link_setter<V: ComponentType + Lift + 'static>(
    verdicts: &mut LinkerInstance<'_, Guest>,
    setter: Setter,
    set: fn(&mut Terms, V) -> Said,
) -> Result<()> {
    let name = format!("[method]terms.set-{}", setter.word().replace('_', "-"));
    verdicts.func_wrap(
        &name,
        move |mut store: StoreContextMut<'_, Guest>, (terms, value): (Resource<Terms>, V)| {
            Ok((set(store.data_mut().table.get_mut(&terms)?, value),))
        },
    )
}

fn some(setter: Setter, names: Vec<String>) -> std::result::Result<Vec<String>, String> {
    if names.is_empty() {
        return Err(format!("`{}` with an empty list would allow nothing", setter.word()));
    }
    Ok(names)
}
