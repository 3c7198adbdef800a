// SPDX-License-Identifier: MIT OR Apache-2.0
/** -T: an analysis that prints fields, one row per event, without a script. */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "decode/decode.h"
#include "event/interest.h"
#include "event/registry.h"
#include "plugin/analysis.h"

struct fields_options {
    const struct string_list *specs; /**< EVENT.FIELD, or PROTO.FIELD for every event of the
                                        protocol that has the field */
    const char *where; /**< a filter: only events for which it holds are printed; a field that only
                          some of the events have is absent in the others; NULL: all */
    uint32_t order;
    const struct registry *registry;
    const struct decoder *decoder;
    struct interest *interest; /**< what is read is added */
};

struct analysis *fields_new(const struct fields_options *options, struct error *err);
