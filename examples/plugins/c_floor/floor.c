// filters/c_floor: Mail to these domains is encrypted, and to the first one verified, whatever the
// domain table says. A floor is held by the relay itself from then on.

#include <string.h>

#include "plugin.h"

typedef exports_waxseal_policy_outgoing_offer_borrow_host_t host_t;
typedef exports_waxseal_policy_outgoing_offer_option_outgoing_offer_t verdict_t;

static const struct {
    const char *domain;
    waxseal_policy_verdicts_floor_t floor;
} floors[] = {
    { "bank.example", WAXSEAL_POLICY_VERDICTS_FLOOR_VERIFIED },
    { "partner.org", WAXSEAL_POLICY_VERDICTS_FLOOR_ENCRYPTED },
    { "clinic.example", WAXSEAL_POLICY_VERDICTS_FLOOR_ENCRYPTED },
};

// Whether a name is the domain, or below it.
static bool is_within(plugin_string_t name, const char *domain) {
    size_t length = strlen(domain);
    if (name.len < length || memcmp(name.ptr + name.len - length, domain, length) != 0) return false;
    return name.len == length || name.ptr[name.len - length - 1] == '.';
}

static void require(verdict_t *verdict, waxseal_policy_verdicts_floor_t floor, uint32_t line) {
    plugin_string_t file;
    plugin_string_set(&file, "floor.c");
    waxseal_policy_trace_decided_at(&file, line, 1);    // the decision log shows this place
    verdict->is_some = true;
    verdict->val.tag = WAXSEAL_POLICY_VERDICTS_OUTGOING_OFFER_REQUIRE;
    verdict->val.val.require = floor;
}

// Returns whether `verdict` holds the answer; else `problem` would say why not, and the mail wait.
bool exports_waxseal_policy_outgoing_offer_offer(host_t host, verdict_t *verdict, plugin_string_t *problem) {
    (void)problem;
    plugin_string_t domain;
    waxseal_policy_facts_method_host_domain(host, &domain);
    waxseal_policy_facts_host_drop_borrow(host);        // what was lent is given back

    verdict->is_some = false;                           // no opinion
    for (size_t i = 0; i < sizeof floors / sizeof *floors && !verdict->is_some; i++) {
        if (is_within(domain, floors[i].domain)) require(verdict, floors[i].floor, __LINE__);
    }
    plugin_string_free(&domain);
    return true;
}
