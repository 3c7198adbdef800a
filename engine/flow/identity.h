// SPDX-License-Identifier: MIT OR Apache-2.0
/** The name of a flow in text: what flow_identity puts into uid.
 *
 * Made of the first timestamp, the five-tuple with its originator, and the context, so that it is
 * the same whatever filter, split or number of workers a capture is read with. Pure, any thread. */
#pragma once

#include <stdint.h>

#include "flow/table.h"

enum { FLOW_UID_LEN = 17 }; /**< "C" and 16 digits of base 62, that is 95 bits */

void flow_uid(const struct flow_table *table, const struct flow *flow, char out[FLOW_UID_LEN]);
