// SPDX-License-Identifier: MIT OR Apache-2.0
#include "run/counters.h"

#include <string.h>

#include "base/memory.h"
#include "plugin/native.h"

struct counter {
    char *name; /**< PLUGIN.COUNTER */
    uint64_t value;
};

/** In the order in which they were first met. */
struct counters {
    struct counter *items;
    size_t count;
    size_t cap;
};

static void add(void *context, const char *plugin, const char *counter, uint64_t value)
{
    struct counters *counters = context;
    struct text name;
    text_init(&name);
    text_add_format(&name, "%s.%s", plugin, counter);
    size_t at = 0;
    while (at < counters->count && strcmp(counters->items[at].name, name.data) != 0)
        at++;
    if (at == counters->count) {
        counters->items = memory_grow(counters->items, &counters->cap, counters->count + 1,
                                      sizeof *counters->items);
        counters->items[counters->count++] = (struct counter){.name = memory_strdup(name.data)};
    }
    counters->items[at].value += value;
    text_fini(&name);
}

void counters_text(const struct setup *setup, struct text *out)
{
    struct counters counters = {0};
    for (uint32_t i = 0; i < setup->worker_count; i++)
        worker_counters(setup->workers[i], add, &counters);
    for (size_t i = 0; i < setup->group_count; i++)
        if (setup->groups[i].kind == GROUP_NATIVE)
            native_counters(setup->groups[i].merged, add, &counters);
    for (size_t i = 0; i < counters.count; i++) {
        text_add_format(out, ", %s %llu", counters.items[i].name,
                        (unsigned long long)counters.items[i].value);
        memory_free(counters.items[i].name);
    }
    memory_free(counters.items);
}
