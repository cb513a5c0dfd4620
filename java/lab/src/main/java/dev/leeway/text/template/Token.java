package dev.leeway.text.template;

/**
 * A piece of a template.
 *
 * @param text what it says: for a string its content, for the others as written
 * @param line where it starts, counted from 1
 */
record Token(Kind kind, String text, int line) {

    /** The sorts of pieces. */
    enum Kind { DATA, PRINT_BEGIN, PRINT_END, TAG_BEGIN, TAG_END, NAME, STRING, INTEGER, FLOAT, OPERATOR, END }

    boolean is(Kind wanted) {
        return kind == wanted;
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    /** For a failure's sentence. */
    String described() {
        return switch (kind) {
            case DATA -> "text";
            case PRINT_BEGIN, PRINT_END, TAG_BEGIN, TAG_END -> "'" + text + "'";
            case END -> "the end of the template";
            default -> "'" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "'";
        };
    }
}
