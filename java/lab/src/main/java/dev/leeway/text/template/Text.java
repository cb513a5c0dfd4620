package dev.leeway.text.template;

/**
 * A text. Its length and positions count code points, as Python's do.
 *
 * @param markup whether the text went through {@code escape} or {@code safe}: then text added to it is escaped, and it isn't escaped again
 */
record Text(String value, boolean markup) implements Value {

    static final Text EMPTY = of("");

    static Text of(String value) {
        return new Text(value, false);
    }

    /** HTML's five special characters as entities; markup stays as it is. */
    Text escaped(Budget budget) {
        return markup ? this : new Text(escape(value, budget), true);
    }

    static String escape(String value, Budget budget) {
        var out = new Output(budget);
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&#34;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** Another text of the same sort. */
    Text with(String other) {
        return new Text(other, markup);
    }

    @Override
    public String typeName() {
        return markup ? "Markup" : "str";
    }

    @Override
    public boolean truth() {
        return !value.isEmpty();
    }
}
