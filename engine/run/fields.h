// SPDX-License-Identifier: MIT OR Apache-2.0
/** -T: an analysis that prints fields, one row per event, without a script. */
#pragma once

#include "base/error.h"
#include "base/list.h"
#include "event/interest.h"
#include "event/registry.h"
#include "plugin/analysis.h"

/** @param specs  EVENT.FIELD, or PROTO.FIELD for every event of the protocol that has the field
 * @param interest  what is read is added */
struct analysis *fields_new(const struct string_list *specs, uint32_t order,
                            const struct registry *registry, struct interest *interest,
                            struct error *err);
