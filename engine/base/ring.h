// SPDX-License-Identifier: MIT OR Apache-2.0
/** A doubly linked ring: members join at the end and leave from anywhere. Members embed a ring; the
 * head is a ring of its own. */
#pragma once

#include <stdbool.h>

struct ring {
    struct ring *prev;
    struct ring *next;
};

static inline void ring_init(struct ring *head)
{
    head->prev = head;
    head->next = head;
}

static inline bool ring_empty(const struct ring *head)
{
    return head->next == head;
}

static inline void ring_add(struct ring *head, struct ring *member)
{
    member->prev = head->prev;
    member->next = head;
    head->prev->next = member;
    head->prev = member;
}

static inline void ring_remove(struct ring *member)
{
    member->prev->next = member->next;
    member->next->prev = member->prev;
}
