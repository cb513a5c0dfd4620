package dev.leeway.text.template;

import dev.leeway.text.template.Token.Kind;

/** The tokens of a template with one of lookahead, as both parsers read them; counts how deep they are nested. */
final class Tokens {

    private final Lexer lexer;
    private final int deepest;
    private Token current;
    private int depth;
    private int count;

    Tokens(Lexer lexer, int deepest) {
        this.lexer = lexer;
        this.deepest = deepest;
        this.current = lexer.next();
    }

    Token current() {
        return current;
    }

    Token take() {
        if (++count > Limits.TOKENS) {
            throw TemplateFailure.of("the template has more than %d names, numbers and operators", Limits.TOKENS);
        }
        Token taken = current;
        current = lexer.next();
        return taken;
    }

    int line() {
        return current.line();
    }

    boolean isOperator(String operator) {
        return current.isOperator(operator);
    }

    boolean isName(String name) {
        return current.isName(name);
    }

    boolean takeOperator(String operator) {
        return takeIf(current.isOperator(operator));
    }

    boolean takeName(String name) {
        return takeIf(current.isName(name));
    }

    private boolean takeIf(boolean matches) {
        if (matches) {
            take();
        }
        return matches;
    }

    Token expect(Kind kind, String described) {
        if (!current.is(kind)) {
            throw unexpected(described);
        }
        return take();
    }

    void expectOperator(String operator) {
        if (!takeOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    String expectName() {
        return expect(Kind.NAME, "a name").text();
    }

    TemplateFailure unexpected(String expected) {
        return TemplateFailure.of("expected %s, found %s", expected, current.described());
    }

    /** One level further in; {@link #leave} ends it. */
    void enter() {
        if (++depth > deepest) {
            throw TemplateFailure.of("the template nests more than %d deep", deepest);
        }
    }

    void leave() {
        depth--;
    }

    /** Refuses chains that would be as deep a tree as nested brackets are. */
    static void requireShort(int links) {
        if (links > Limits.CHAIN) {
            throw TemplateFailure.of("more than %d operators, attributes or filters in a row", Limits.CHAIN);
        }
    }
}
