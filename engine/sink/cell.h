// SPDX-License-Identifier: MIT OR Apache-2.0
/** From an event field's value to a cell of a row: the one place where the two type lists meet.
 * Pure, any thread. */
#pragma once

#include <palua/event.h>

#include "base/arena.h"
#include "event/value.h"
#include "sink/table.h"

/** A cell that shows a value as value_text would: an enum by its number, a list as its joined text.
 * @param field  where the value was read from
 * @param arena  holds what has to be spelled out; the other cells borrow what the value borrows */
struct cell cell_of(const struct value *value, const struct palua_field *field,
                    struct arena *arena);

/** The type of a column of such cells: a field's in one of its forms. */
struct column_type cell_column_type(const struct palua_field *field, enum path_form form);
