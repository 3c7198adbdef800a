// SPDX-License-Identifier: MIT OR Apache-2.0
#include "filter/expression.h"

#include <string.h>

#include "base/memory.h"
#include "filter/program.h"

/** Where the reading of an expression stands: at `token`, the next to be read. */
struct parser {
    struct filter_expression *out;
    const struct filter_scope *scope;
    struct filter_lexer lexer;
    struct filter_token token;
    uint32_t depth;        /**< parentheses that are open */
    uint32_t choice_count; /**< values in sets so far */
    struct error *err;
};

static bool advance(struct parser *parser)
{
    return filter_lexer_next(&parser->lexer, &parser->token, parser->err);
}

/** Says that something else was expected than what stands there. */
static bool expected(const struct parser *parser, const char *what)
{
    const struct filter_token *token = &parser->token;
    if (token->kind == FILTER_END)
        return filter_refuse(parser->err, token->column, "%s was expected, not the end", what);
    return filter_refuse(parser->err, token->column, "%s was expected, not '%.*s'", what,
                         (int)(token->len < 64 ? token->len : 64), token->text);
}

static bool expect(struct parser *parser, enum filter_token_kind kind, const char *what)
{
    return parser->token.kind == kind ? advance(parser) : expected(parser, what);
}

static uint32_t add_node(struct parser *parser, struct filter_node node)
{
    struct filter_expression *out = parser->out;
    out->nodes = memory_grow(out->nodes, &out->node_cap, out->node_count + 1, sizeof *out->nodes);
    out->nodes[out->node_count] = node;
    return (uint32_t)out->node_count++;
}

static uint32_t add_test(struct parser *parser, const struct filter_test *test)
{
    struct filter_expression *out = parser->out;
    out->tests = memory_grow(out->tests, &out->test_cap, out->test_count + 1, sizeof *out->tests);
    out->tests[out->test_count] = *test;
    return add_node(
        parser, (struct filter_node){.kind = FILTER_NODE_TEST, .a = (uint32_t)out->test_count++});
}

static struct filter_operand *new_operand(struct parser *parser)
{
    return arena_zalloc(&parser->out->arena, sizeof(struct filter_operand),
                        _Alignof(struct filter_operand));
}

/** A field with the bits of it that count: "tcp.flags & 0x12". */
static bool read_mask(struct parser *parser, struct filter_operand *left)
{
    static const struct filter_type number = {.type = PALUA_UINT};
    struct filter_literal mask;
    if (filter_class_of(left->type.type) != FILTER_WHOLE)
        return filter_refuse(parser->err, parser->token.column,
                             "& picks bits of a whole number, and %s is %s", left->name,
                             filter_class_name(&left->type));
    if (!advance(parser) || !filter_literal_read(&number, &parser->token, &parser->lexer, "a mask",
                                                 &parser->out->arena, &mask, parser->err))
        return false;
    if (mask.whole <= 0)
        return filter_refuse(parser->err, parser->token.column,
                             "a mask without bits picks none; write a number above 0");
    left->mask = (uint64_t)mask.whole;
    left->type = (struct filter_type){.type = PALUA_UINT};
    return advance(parser);
}

/** A protocol or a list has no value that could be compared. */
static bool check_comparable(const struct parser *parser, const struct filter_operand *operand,
                             uint32_t column)
{
    if (!operand->type.type)
        return filter_refuse(parser->err, column,
                             "'%s' is a protocol, which is there or not; name one of its fields",
                             operand->name);
    if (operand->type.type == PALUA_LIST)
        return filter_refuse(
            parser->err, column, "%s is a list; name a field of its items, such as %s.%s",
            operand->name, operand->name, operand->path.field->item->fields[0].name);
    return true;
}

static bool read_value(struct parser *parser, const struct filter_operand *left,
                       struct filter_literal *out)
{
    return filter_literal_read(&left->type, &parser->token, &parser->lexer, left->name,
                               &parser->out->arena, out, parser->err) &&
           advance(parser);
}

/** A field to the right of an operator. */
static bool read_right(struct parser *parser, struct filter_test *test)
{
    struct filter_token token = parser->token;
    test->right = new_operand(parser);
    if (!filter_operand_init(test->right, parser->scope, &token, parser->err) ||
        !check_comparable(parser, test->right, token.column))
        return false;
    filter_operand_use_number(test->right);
    if (filter_class_of(test->left->type.type) != filter_class_of(test->right->type.type))
        return filter_refuse(parser->err, token.column, "%s is %s, and %s is %s", test->left->name,
                             filter_class_name(&test->left->type), test->right->name,
                             filter_class_name(&test->right->type));
    return advance(parser);
}

/** Whether the word names a field and cannot be a value of the left one. */
static bool is_right_field(struct parser *parser, const struct filter_test *test)
{
    struct filter_literal unused;
    return parser->token.kind == FILTER_WORD &&
           !filter_literal_read(&test->left->type, &parser->token, &parser->lexer, "",
                                &parser->out->arena, &unused, NULL) &&
           filter_operand_known(parser->scope, &parser->token);
}

static void new_choices(struct parser *parser, struct filter_test *test, size_t count)
{
    test->choices = arena_zalloc(&parser->out->arena, memory_mul(count, sizeof *test->choices),
                                 _Alignof(struct filter_choice));
}

static bool read_comparison(struct parser *parser, struct filter_test *test)
{
    test->kind = FILTER_TEST_COMPARE;
    test->op = parser->token.op;
    filter_operand_use_number(test->left);
    if (!advance(parser))
        return false;
    if (is_right_field(parser, test))
        return read_right(parser, test);
    uint32_t column = parser->token.column;
    new_choices(parser, test, 1);
    test->choice_count = 1;
    if (!read_value(parser, test->left, &test->choices[0].low))
        return false;
    bool order = test->op >= FILTER_LT && test->op <= FILTER_GE;
    return !order || !test->choices[0].low.network ||
           filter_refuse(parser->err, column,
                         "a network is neither less nor more; use ==, != or in");
}

/** The order of a range's ends. */
static bool check_range(const struct parser *parser, const struct filter_choice *choice,
                        uint32_t column)
{
    int order;
    if (choice->low.network || choice->high.network)
        return filter_refuse(parser->err, column, "a range ends at addresses, not at networks");
    if (!filter_literal_order(&choice->low, &choice->high, &order) || order > 0)
        return filter_refuse(parser->err, column,
                             "a range goes from the lesser value to the greater");
    return true;
}

static bool read_choice(struct parser *parser, const struct filter_test *test,
                        struct filter_choice *out)
{
    uint32_t column = parser->token.column;
    if (!read_value(parser, test->left, &out->low))
        return false;
    out->range = parser->token.kind == FILTER_RANGE;
    if (!out->range)
        return true;
    return advance(parser) && read_value(parser, test->left, &out->high) &&
           check_range(parser, out, column);
}

/** The values of a set, whose brace has been read; gathered, then moved into the arena. */
static bool read_choices(struct parser *parser, struct filter_test *test,
                         struct filter_choice **choices, size_t *cap)
{
    for (;;) {
        if (++parser->choice_count > FILTER_SET_CAP)
            return filter_refuse(parser->err, parser->token.column,
                                 "the filter has more than %d values in braces", FILTER_SET_CAP);
        *choices = memory_grow(*choices, cap, test->choice_count + 1U, sizeof **choices);
        (*choices)[test->choice_count] = (struct filter_choice){0};
        if (!read_choice(parser, test, &(*choices)[test->choice_count]))
            return false;
        test->choice_count++;
        if (parser->token.kind == FILTER_CLOSE_SET)
            return advance(parser);
        if (!expect(parser, FILTER_COMMA, "a comma or a closing brace"))
            return false;
    }
}

static bool read_set(struct parser *parser, struct filter_test *test)
{
    struct filter_choice *choices = NULL;
    size_t cap = 0;
    test->kind = FILTER_TEST_IN;
    filter_operand_use_number(test->left);
    if (!advance(parser) || !expect(parser, FILTER_OPEN_SET, "a set in braces, such as {80, 443}"))
        return false;
    bool ok = read_choices(parser, test, &choices, &cap);
    if (ok) {
        new_choices(parser, test, test->choice_count);
        memcpy(test->choices, choices, test->choice_count * sizeof *choices);
    }
    memory_free(choices);
    return ok;
}

/** Texts can be searched in: strings, bytes, and names of enums; MAC addresses for their bytes. */
static bool check_searched(const struct parser *parser, const struct filter_operand *left,
                           const char *what)
{
    uint8_t type = left->type.type;
    bool name = type == PALUA_ENUM && left->path.form == PATH_NAME;
    if (type == PALUA_STRING || type == PALUA_BYTES || name ||
        (type == PALUA_MAC && strcmp(what, "contains") == 0))
        return true;
    return filter_refuse(parser->err, parser->token.column,
                         "%s searches in texts and bytes, and %s is %s", what, left->name,
                         filter_class_name(&left->type));
}

static bool read_contains(struct parser *parser, struct filter_test *test)
{
    struct filter_operand *left = test->left;
    if (!check_searched(parser, left, "contains") || !advance(parser))
        return false;
    test->kind = FILTER_TEST_CONTAINS;
    left->type = (struct filter_type){
        .type = left->type.type == PALUA_BYTES || left->type.type == PALUA_MAC ? PALUA_BYTES
                                                                               : PALUA_STRING};
    new_choices(parser, test, 1);
    test->choice_count = 1;
    return read_value(parser, left, &test->choices[0].low);
}

static bool read_matches(struct parser *parser, struct filter_test *test)
{
    if (!check_searched(parser, test->left, "matches") || !advance(parser))
        return false;
    if (parser->token.kind != FILTER_STRING)
        return expected(parser, "a regular expression in quotes");
    const struct text *string = &parser->lexer.string;
    test->kind = FILTER_TEST_MATCHES;
    test->pattern = filter_pattern_new(string->len ? string->data : "", string->len,
                                       parser->token.column, parser->err);
    return test->pattern && advance(parser);
}

/** Whether an operator follows that needs a value on its left. */
static bool takes_value(enum filter_token_kind kind)
{
    return kind == FILTER_COMPARISON || kind == FILTER_IN || kind == FILTER_CONTAINS ||
           kind == FILTER_MATCHES;
}

/** What stands behind a field: an operator and what it takes, or nothing. "not" is part of "not in"
 * if it stands there. */
static bool read_relation(struct parser *parser, struct filter_test *test, uint32_t column,
                          bool *negated)
{
    if (parser->token.kind == FILTER_MASK &&
        (!check_comparable(parser, test->left, column) || !read_mask(parser, test->left)))
        return false;
    *negated = parser->token.kind == FILTER_NOT;
    if (*negated && !advance(parser))
        return false;
    if (*negated && parser->token.kind != FILTER_IN)
        return expected(parser, "an operator before 'not', or 'in' behind it,");
    if (takes_value(parser->token.kind) && !check_comparable(parser, test->left, column))
        return false;
    switch (parser->token.kind) {
    case FILTER_COMPARISON:
        return read_comparison(parser, test);
    case FILTER_IN:
        return read_set(parser, test);
    case FILTER_CONTAINS:
        return read_contains(parser, test);
    case FILTER_MATCHES:
        return read_matches(parser, test);
    default:
        return true;
    }
}

static bool read_test(struct parser *parser, uint32_t *out)
{
    struct filter_test test = {.kind = FILTER_TEST_PRESENT, .left = new_operand(parser)};
    uint32_t column = parser->token.column;
    bool negated = false;
    if (parser->out->test_count == FILTER_TEST_CAP)
        return filter_refuse(parser->err, column, "the filter has more than %d tests",
                             FILTER_TEST_CAP);
    if (!filter_operand_init(test.left, parser->scope, &parser->token, parser->err) ||
        !advance(parser))
        return false;
    bool ok = read_relation(parser, &test, column, &negated);
    *out = add_test(parser, &test); // whatever it owns is freed with the others
    if (negated)
        *out = add_node(parser, (struct filter_node){.kind = FILTER_NODE_NOT, .a = *out});
    return ok;
}

static bool read_expression(struct parser *parser, uint32_t *out);

static bool read_parenthesis(struct parser *parser, uint32_t *out)
{
    if (parser->depth == FILTER_NESTING_CAP)
        return filter_refuse(parser->err, parser->token.column,
                             "there are more than %d parentheses within each other",
                             FILTER_NESTING_CAP);
    parser->depth++;
    bool ok = advance(parser) && read_expression(parser, out) &&
              expect(parser, FILTER_CLOSE, "a closing parenthesis, or an operator,");
    parser->depth--;
    return ok;
}

static bool read_term(struct parser *parser, uint32_t *out)
{
    bool negated = false;
    for (; parser->token.kind == FILTER_NOT; negated = !negated)
        if (!advance(parser))
            return false;
    bool ok =
        parser->token.kind == FILTER_OPEN ? read_parenthesis(parser, out) : read_test(parser, out);
    if (ok && negated)
        *out = add_node(parser, (struct filter_node){.kind = FILTER_NODE_NOT, .a = *out});
    return ok;
}

static bool read_conjunction(struct parser *parser, uint32_t *out)
{
    if (!read_term(parser, out))
        return false;
    while (parser->token.kind == FILTER_AND) {
        uint32_t right = 0;
        if (!advance(parser) || !read_term(parser, &right))
            return false;
        *out =
            add_node(parser, (struct filter_node){.kind = FILTER_NODE_AND, .a = *out, .b = right});
    }
    return true;
}

static bool read_expression(struct parser *parser, uint32_t *out)
{
    if (!read_conjunction(parser, out))
        return false;
    while (parser->token.kind == FILTER_OR) {
        uint32_t right = 0;
        if (!advance(parser) || !read_conjunction(parser, &right))
            return false;
        *out =
            add_node(parser, (struct filter_node){.kind = FILTER_NODE_OR, .a = *out, .b = right});
    }
    return true;
}

bool filter_expression_init(struct filter_expression *expression, const struct filter_scope *scope,
                            const char *text, size_t len, struct error *err)
{
    struct parser parser = {.out = expression, .scope = scope, .err = err};
    *expression = (struct filter_expression){0};
    arena_init(&expression->arena);
    if (len > FILTER_TEXT_CAP)
        return filter_refuse(err, FILTER_TEXT_CAP, "the filter is longer than %d bytes",
                             FILTER_TEXT_CAP);
    filter_lexer_init(&parser.lexer, text, len);
    bool ok = advance(&parser) && read_expression(&parser, &expression->root) &&
              (parser.token.kind == FILTER_END || expected(&parser, "an operator, or the end,"));
    filter_lexer_fini(&parser.lexer);
    return ok;
}

void filter_expression_fini(struct filter_expression *expression)
{
    for (size_t i = 0; i < expression->test_count; i++)
        filter_pattern_free(expression->tests[i].pattern);
    memory_free(expression->tests);
    memory_free(expression->nodes);
    arena_fini(&expression->arena);
}
