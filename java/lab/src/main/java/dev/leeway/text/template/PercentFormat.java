package dev.leeway.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;

/** Python's {@code format % values}: one value, a tuple of them, or a map for {@code %(key)s}. */
final class PercentFormat {

    private final String format;
    private final Value values;
    private final boolean markup;
    private final Run run;
    private final Output out;
    private int position;
    private int used;

    private PercentFormat(Text format, Value values, Run run) {
        this.format = format.value();
        this.markup = format.markup();
        this.values = values;
        this.run = run;
        this.out = new Output(run.budget());
    }

    static String format(Text format, Value values, Run run) {
        return new PercentFormat(format, values, run).format();
    }

    private String format() {
        while (position < format.length()) {
            char c = format.charAt(position++);
            if (c == '%') {
                field();
            } else {
                out.append(c);
            }
        }
        if (used < available().size() && !mayBeUnused()) {
            throw TemplateFailure.of("not all arguments converted during string formatting");
        }
        return out.toString();
    }

    /** Python takes anything that it could ask for a key to be a map, which needn't be used. */
    private boolean mayBeUnused() {
        return values instanceof Dict || values instanceof Undefined
                || values instanceof Items items && items.kind().indexed() && !items.typeName().equals("tuple");
    }

    private List<Value> available() {
        return values instanceof Items items && items.typeName().equals("tuple") ? items.elements() : List.of(values);
    }

    private void field() {
        Value named = peek() == '(' ? keyed() : null;
        boolean left = false;
        boolean zero = false;
        boolean alternate = false;
        char sign = '-';
        for (; "-+ #0".indexOf(peek()) >= 0; position++) {
            switch (peek()) {
                case '-' -> left = true;
                case '0' -> zero = true;
                case '#' -> alternate = true;
                case '+' -> sign = '+';
                default -> sign = sign == '+' ? '+' : ' ';
            }
        }
        int width = number();
        left |= width < 0;
        int precision = -1;
        if (peek() == '.') {
            position++;
            precision = Math.max(0, number());
        }
        char type = peek();
        position++;
        boolean padded = zero && !left && "srac".indexOf(type) < 0;
        var spec = new FormatSpec(padded ? "0" : " ", left ? '<' : padded ? '=' : '>', sign, alternate, Math.abs(width),
                FormatSpec.NONE, precision, type);
        out.append(type == '%' ? "%" : write(spec, named == null ? next() : named));
    }

    private char peek() {
        if (position >= format.length()) {
            throw TemplateFailure.of("incomplete format");
        }
        return format.charAt(position);
    }

    private Value keyed() {
        int end = format.indexOf(')', position);
        if (end < 0 || !(values instanceof Dict dict)) {
            throw TemplateFailure.of(end < 0 ? "incomplete format key" : "format requires a mapping");
        }
        String key = format.substring(position + 1, end);
        position = end + 1;
        return dict.get(key).orElseThrow(() -> TemplateFailure.of("the format has no value for the key '%s'", key));
    }

    private Value next() {
        if (used >= available().size()) {
            throw TemplateFailure.of("not enough arguments for format string");
        }
        return available().get(used++);
    }

    private int number() {
        if (peek() == '*') {
            position++;
            return Numbers.integer(next()).orElseThrow(() -> TemplateFailure.of("* wants int")).intValue();
        }
        long number = 0;
        for (; Character.digit(peek(), 10) >= 0; position++) {
            number = Math.min(Integer.MAX_VALUE, number * 10 + Character.digit(peek(), 10));
        }
        return (int) number;
    }

    private String write(FormatSpec spec, Value value) {
        Budget budget = run.budget();
        return switch (spec.type()) {
            case 's' -> spec.text(escaped(value), '>', budget);
            case 'r', 'a' -> spec.text(Printer.repr(value, budget), '>', budget);
            case 'c' -> spec.text(character(value), '>', budget);
            case 'd', 'i', 'u' -> spec.integer(whole(value), budget);
            case 'x', 'X', 'o' -> spec.integer(Numbers.integer(value).orElseThrow(
                    () -> TemplateFailure.of("%%%s format: an integer is required, not %s", spec.type(), value.typeName())), budget);
            case 'f', 'F', 'e', 'E', 'g', 'G' -> spec.real(defined(value), budget);
            default -> throw TemplateFailure.of("unsupported format character '%s'", spec.type());
        };
    }

    private String escaped(Value value) {
        String printed = Printer.print(value, run.budget());
        return markup && !(value instanceof Text text && text.markup()) ? Text.escape(printed, run.budget()) : printed;
    }

    private static double defined(Value value) {
        Arithmetic.requireDefined(value);
        return Numbers.real(value);
    }

    private static BigInteger whole(Value value) {
        if (value instanceof Value.Real real && Double.isFinite(real.value())) {
            return new BigDecimal(real.value()).toBigInteger();
        }
        Arithmetic.requireDefined(value);
        return Numbers.integer(value)
                .orElseThrow(() -> TemplateFailure.of("%%d format: a real number is required, not %s", value.typeName()));
    }

    private static String character(Value value) {
        if (value instanceof Text text && CodePoints.length(text.value()) == 1) {
            return text.value();
        }
        return Numbers.integer(value).filter(n -> n.bitLength() < 32 && Character.isValidCodePoint(n.intValue()))
                .map(n -> Character.toString(n.intValue())).orElseThrow(() -> TemplateFailure.of("%c requires int or char"));
    }
}
