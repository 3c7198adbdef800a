// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/program.h"

#include <string.h>

#include "base/memory.h"
#include "filter/expression.h"

/** Where a step leads when nothing is left to ask. */
enum { STEP_NO = 0, STEP_YES = 1, STEP_FIRST = 2 };

/** A test and the steps that follow it, as STEP_FIRST plus their index. */
struct step {
    const struct filter_test *test;
    uint32_t yes;
    uint32_t no;
};

struct filter_program {
    struct filter_expression expression;
    struct step *steps; /**< one per test; a later one never leads to it, so a run ends */
    uint32_t step_count;
    uint32_t start; /**< as in a step */
};

/** Lays out a node so that it leads to `yes` or `no`; what comes later in the expression is laid
 * out first. Recurs into the right sides of `and` and `or` only, which nest no deeper than
 * parentheses do. @return where the node begins */
static uint32_t lay_out(struct filter_program *program, uint32_t index, uint32_t yes, uint32_t no)
{
    for (;;) {
        const struct filter_node *node = &program->expression.nodes[index];
        uint32_t swap = yes;
        switch (node->kind) {
        case FILTER_NODE_TEST:
            program->steps[program->step_count] =
                (struct step){&program->expression.tests[node->a], yes, no};
            return STEP_FIRST + program->step_count++;
        case FILTER_NODE_NOT:
            yes = no;
            no = swap;
            break;
        case FILTER_NODE_AND:
            yes = lay_out(program, node->b, yes, no);
            break;
        case FILTER_NODE_OR:
            no = lay_out(program, node->b, yes, no);
            break;
        }
        index = node->a;
    }
}

struct filter_program *filter_program_new(const struct filter_scope *scope, const char *text,
                                          size_t len, struct error *err)
{
    struct filter_program *program = memory_zalloc(1, sizeof *program);
    if (!filter_expression_init(&program->expression, scope, text, len, err)) {
        filter_program_free(program);
        return NULL;
    }
    program->steps = memory_zalloc(program->expression.test_count, sizeof *program->steps);
    program->start = lay_out(program, program->expression.root, STEP_YES, STEP_NO);
    return program;
}

void filter_program_free(struct filter_program *program)
{
    if (!program)
        return;
    filter_expression_fini(&program->expression);
    memory_free(program->steps);
    memory_free(program);
}

/** A test of one event, for the visits of its fields' values. */
struct asking {
    const struct filter_test *test;
    const struct palua_event *event;
    const struct filter_literal *left; /**< of holds_right */
    bool any;                          /**< both sides had a value */
};

static bool is_present(void *context, const struct value *value)
{
    const struct asking *asking = context;
    const struct filter_operand *left = asking->test->left;
    bool number = left->type.type == PALUA_BOOL || left->mask;
    return !number || value->uint;
}

static bool op_holds(enum filter_op op, const struct filter_literal *a,
                     const struct filter_literal *b)
{
    int order;
    if (op == FILTER_EQ || op == FILTER_ALL_EQ)
        return filter_literal_equal(a, b);
    if (op == FILTER_NE || op == FILTER_ANY_NE)
        return !filter_literal_equal(a, b);
    if (!filter_literal_order(a, b, &order))
        return false;
    switch (op) {
    case FILTER_LT:
        return order < 0;
    case FILTER_LE:
        return order <= 0;
    case FILTER_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/** Whether an operator asks it of every value; else one is enough. */
static bool asks_all(enum filter_op op)
{
    return op == FILTER_NE || op == FILTER_ALL_EQ;
}

/** @return whether the answer is known: a value for which it holds, or not where all are asked */
static bool compare_right(void *context, const struct value *value)
{
    struct asking *asking = context;
    enum filter_op op = asking->test->op;
    struct filter_literal right;
    if (!filter_literal_of(value, &right))
        return false;
    asking->any = true;
    return op_holds(op, asking->left, &right) != asks_all(op);
}

/** Compares one value with the field on the right, or with the literal there. @return as above */
static bool compare(void *context, const struct value *value)
{
    struct asking *asking = context;
    const struct filter_test *test = asking->test;
    struct filter_literal left;
    if (!filter_literal_of(value, &left))
        return false;
    if (test->right) {
        asking->left = &left;
        return filter_operand_visit(test->right, asking->event, compare_right, asking);
    }
    asking->any = true;
    return op_holds(test->op, &left, &test->choices[0].low) != asks_all(test->op);
}

static bool is_chosen(const struct filter_choice *choice, const struct filter_literal *literal)
{
    if (!choice->range)
        return filter_literal_equal(literal, &choice->low);
    return op_holds(FILTER_GE, literal, &choice->low) &&
           op_holds(FILTER_LE, literal, &choice->high);
}

static bool is_in_set(void *context, const struct value *value)
{
    const struct asking *asking = context;
    struct filter_literal literal;
    if (!filter_literal_of(value, &literal))
        return false;
    for (uint32_t i = 0; i < asking->test->choice_count; i++)
        if (is_chosen(&asking->test->choices[i], &literal))
            return true;
    return false;
}

static bool contains(struct palua_slice in, struct palua_slice what)
{
    if (!what.len)
        return true;
    return in.len >= what.len && memmem(in.data, in.len, what.data, what.len);
}

/** Both kinds of search, in what is bytes: an enum's value without a name is none. */
static bool is_found(void *context, const struct value *value)
{
    const struct filter_test *test = ((const struct asking *)context)->test;
    if (value->type != PALUA_STRING && value->type != PALUA_BYTES && value->type != PALUA_MAC)
        return false;
    return test->kind == FILTER_TEST_MATCHES ? filter_pattern_found(test->pattern, value->slice)
                                             : contains(value->slice, test->choices[0].low.slice);
}

static bool test_holds(const struct filter_test *test, const struct palua_event *event)
{
    static const filter_visit visits[] = {
        [FILTER_TEST_PRESENT] = is_present, [FILTER_TEST_COMPARE] = compare,
        [FILTER_TEST_IN] = is_in_set,       [FILTER_TEST_CONTAINS] = is_found,
        [FILTER_TEST_MATCHES] = is_found,
    };
    struct asking asking = {.test = test, .event = event};
    bool known = filter_operand_visit(test->left, event, visits[test->kind], &asking);
    if (test->kind != FILTER_TEST_COMPARE)
        return known;
    return asking.any && known != asks_all(test->op);
}

bool filter_program_holds(const struct filter_program *program, const struct palua_event *event)
{
    uint32_t at = program->start;
    while (at >= STEP_FIRST) {
        const struct step *step = &program->steps[at - STEP_FIRST];
        at = test_holds(step->test, event) ? step->yes : step->no;
    }
    return at == STEP_YES;
}

static bool asks_packet(const struct filter_test *test)
{
    return test->kind != FILTER_TEST_MATCHES && filter_operand_of_packet(test->left) &&
           (!test->right || filter_operand_of_packet(test->right));
}

bool filter_program_asks_packet(const struct filter_program *program)
{
    for (size_t i = 0; i < program->expression.test_count; i++)
        if (!asks_packet(&program->expression.tests[i]))
            return false;
    return true;
}

void filter_program_select(struct filter_program *program, const struct event_queue *queue,
                           struct event_queue *out)
{
    event_queue_clear(out);
    for (uint32_t i = 0; i < queue->count; i++)
        if (filter_program_holds(program, queue->events[i]))
            event_queue_push(out, queue->events[i], queue->keys[i]);
}

uint64_t filter_program_given_up(const struct filter_program *program)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < program->expression.test_count; i++)
        if (program->expression.tests[i].pattern)
            sum += filter_pattern_given_up(program->expression.tests[i].pattern);
    return sum;
}
