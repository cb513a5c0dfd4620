package dev.leeway.text.template;

import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.Real;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;

/** Filters that make numbers. */
final class NumberFilters {

    /** The longest number that is read from a text. */
    private static final int MOST_DIGITS = 1_000;
    private static final String DECIMAL = "[+-]?(\\d+(_\\d+)*)?(\\.(\\d+(_\\d+)*)?)?([eE][+-]?\\d{1,9})?";

    static final Table TABLE = new Table()
            .with("abs()", call -> absolute(call.self()))
            .with("int(default?, base?)", call -> integer(call)
                    .map(Numbers::bounded).map(Value.class::cast).orElseGet(() -> call.bound().getOrDefault("default", Int.of(0))))
            .with("float(default?)", call -> real(call.self())
                    .map(Real::new).map(Value.class::cast).orElseGet(() -> call.bound().getOrDefault("default", new Real(0))))
            .with("round(precision?, method?)", NumberFilters::round);

    private NumberFilters() {}

    private static Value absolute(Value value) {
        Arithmetic.requireDefined(value);
        if (value instanceof Real real) {
            return new Real(Math.abs(real.value()));
        }
        return new Int(Numbers.integer(value).map(BigInteger::abs)
                .orElseThrow(() -> TemplateFailure.of("bad operand type for abs(): '%s'", value.typeName())));
    }

    private static Optional<BigInteger> integer(Call call) {
        Optional<BigInteger> exact = call.self() instanceof Text text ? parse(text.value(), call.integer("base", 10))
                : Numbers.integer(call.self());
        return exact.or(() -> real(call.self()).filter(Double::isFinite).map(value -> new BigDecimal(value).toBigInteger()));
    }

    private static Optional<BigInteger> parse(String text, int base) {
        String stripped = CodePoints.strip(text);
        if (stripped.length() > MOST_DIGITS) {
            return Optional.empty();
        }
        String digits = stripped.replaceAll("(?<=\\w)_(?=\\w)", "").replaceFirst("^\\+(?=\\w)", "");
        String bare = switch (base) {
            case 16 -> digits.replaceFirst("^(-?)0[xX]", "$1");
            case 8 -> digits.replaceFirst("^(-?)0[oO]", "$1");
            case 2 -> digits.replaceFirst("^(-?)0[bB]", "$1");
            default -> digits;
        };
        try {
            return Optional.of(new BigInteger(bare, base));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /** The number that a value is or a text spells. */
    private static Optional<Double> real(Value value) {
        Arithmetic.requireDefined(value);
        if (value instanceof Text text) {
            return spelled(CodePoints.strip(text.value()));
        }
        return Numbers.isNumber(value) ? Optional.of(Numbers.real(value)) : Optional.empty();
    }

    private static Optional<Double> spelled(String text) {
        if (text.matches("(?i)[+-]?(inf(inity)?|nan)")) {
            boolean nan = text.toLowerCase(java.util.Locale.ROOT).endsWith("nan");
            return Optional.of(nan ? Double.NaN : text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        boolean digits = text.length() <= MOST_DIGITS && text.matches(DECIMAL) && text.matches("[+-]?\\.?\\d.*");
        return digits ? Optional.of(Double.parseDouble(text.replace("_", ""))) : Optional.empty();
    }

    private static Value round(Call call) {
        String method = call.findText("method").orElse("common");
        int precision = call.integer("precision", 0);
        if (Math.abs(precision) > 1_000) {
            throw TemplateFailure.of("a precision of %d digits is beyond the 1000 that templates may use", precision);
        }
        Arithmetic.requireDefined(call.self());
        return switch (method) {
            case "common" -> half(call.self(), precision);
            case "ceil", "floor" -> scaled(Numbers.real(call.self()), Math.pow(10, precision), method.equals("ceil"));
            default -> throw TemplateFailure.of("method must be common, ceil or floor");
        };
    }

    private static Value scaled(double value, double scale, boolean up) {
        double moved = up ? Math.ceil(value * scale) : Math.floor(value * scale);
        return new Real(moved == 0 ? 0.0 : moved / scale);
    }

    /** Halves go to the even neighbour; an integer stays one. */
    private static Value half(Value value, int precision) {
        if (value instanceof Real real) {
            double number = real.value();
            if (!Double.isFinite(number)) {
                return value;
            }
            double rounded = new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
            return new Real(Math.copySign(rounded, number));
        }
        BigInteger whole = Numbers.integer(value).orElseThrow(
                () -> TemplateFailure.of("type %s doesn't define __round__ method", value.typeName()));
        return new Int(new BigDecimal(whole).setScale(Math.min(precision, 0), RoundingMode.HALF_EVEN).toBigInteger());
    }
}
