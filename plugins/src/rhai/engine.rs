//! The sandbox in which every script runs: policies, filters, the table and the tests.

use ::rhai::module_resolvers::DummyModuleResolver;
use ::rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage, BasicMapPackage,
    BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use ::rhai::{Engine, OptimizationLevel};

use super::{compare, deadline, voice};

/// Operations of one call: some hundred times what a long hook needs.
pub(super) const OPERATIONS: u64 = 50_000;
/// Script functions that may be in progress at once, and the nesting of expressions at the top level
/// and in functions. Both together are what a call takes of the stack of its thread.
const CALL_LEVELS: usize = 12;
const EXPRESSION_DEPTHS: (usize, usize) = (64, 64);
/// Octets of a text, which holds what a message says; elements of a list and entries of a map, with those nested in them: values
/// nested deeper than this would overflow the stack when they are copied. A table's rows are none
/// of these.
pub(super) const STRING_SIZE: usize = 320 * 1024;
pub(super) const ARRAY_SIZE: usize = 2_000;
pub(super) const MAP_SIZE: usize = 2_000;
const VARIABLES: usize = 256;
const FUNCTIONS: usize = 512;

/// An engine with limits on everything, and no way out: no files, no modules, no clock, no sleep.
///
/// A text compared with a number is an error and not silently false, as is a missing property. The
/// time of a call is bounded by [`deadline::within`].
pub(crate) fn sandbox() -> Engine {
    let mut engine = Engine::new_raw();
    register_packages(&mut engine);
    engine.set_module_resolver(DummyModuleResolver::new());
    for symbol in ["eval", "import", "export", "curry"] {
        engine.disable_symbol(symbol);
    }
    engine.set_strict_variables(true);
    engine.set_fail_on_invalid_map_property(true);
    // Built-in operators would take precedence over ours otherwise.
    engine.set_fast_operators(false);
    // Folding constants would compare them with the built-in operators, and hide code from lints.
    engine.set_optimization_level(OptimizationLevel::None);
    limit(&mut engine);
    compare::register(&mut engine);
    engine.on_print(voice::print);
    engine.on_debug(voice::debug);
    engine
}

/// Not among them: the language core package, which has a `sleep` that blocks the thread; bits,
/// blobs and time, which no policy needs.
fn register_packages(engine: &mut Engine) {
    ArithmeticPackage::new().register_into_engine(engine);
    LogicPackage::new().register_into_engine(engine);
    BasicMathPackage::new().register_into_engine(engine);
    BasicStringPackage::new().register_into_engine(engine);
    MoreStringPackage::new().register_into_engine(engine);
    BasicArrayPackage::new().register_into_engine(engine);
    BasicMapPackage::new().register_into_engine(engine);
    BasicIteratorPackage::new().register_into_engine(engine);
    BasicFnPackage::new().register_into_engine(engine);
}

fn limit(engine: &mut Engine) {
    engine.set_max_operations(OPERATIONS);
    engine.set_max_call_levels(CALL_LEVELS);
    engine.set_max_expr_depths(EXPRESSION_DEPTHS.0, EXPRESSION_DEPTHS.1);
    engine.set_max_string_size(STRING_SIZE);
    engine.set_max_array_size(ARRAY_SIZE);
    engine.set_max_map_size(MAP_SIZE);
    engine.set_max_variables(VARIABLES);
    engine.set_max_functions(FUNCTIONS);
    engine.set_max_modules(0);
    engine.on_progress(|_| deadline::check());
}
