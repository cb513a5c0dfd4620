package dev.leeway.text.template;

import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.None;
import dev.leeway.text.template.Value.Real;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** How values print: {@code str} for a text on its own, {@code repr} for one inside a list, both as Python writes them. */
final class Printer {

    /** For the few words of a failure's sentence. */
    private static final int WORDS = 1 << 16;

    private final Budget budget;
    private final Output out;
    private int namespaces;

    private Printer(Budget budget) {
        this.budget = budget;
        this.out = new Output(budget);
    }

    /** Python's {@code str(value)}. */
    static String print(Value value, Budget budget) {
        return switch (value) {
            case Text text -> text.value();
            case Undefined _ -> "";
            default -> repr(value, budget);
        };
    }

    /** Python's {@code repr(value)}. */
    static String repr(Value value, Budget budget) {
        var printer = new Printer(budget);
        printer.write(value);
        return printer.out.toString();
    }

    /** For a failure's sentence: no budget at hand, so a long value is cut off with a failure of its own. */
    static String repr(Value value) {
        return repr(value, new Budget(new Limits(WORDS, 0, WORDS, 0, 0), 0));
    }

    private void write(Value value) {
        budget.step();
        switch (value) {
            case None _ -> out.append("None");
            case Bool bool -> out.append(bool.value() ? "True" : "False");
            case Int number -> out.append(Numbers.print(number, budget));
            case Real real -> out.append(real(real.value()));
            case Text text when text.markup() -> {
                out.append("Markup(");
                Quoted.python(text.value(), out);
                out.append(')');
            }
            case Text text -> Quoted.python(text.value(), out);
            case Items items -> writeItems(items);
            case Dict dict -> writeDict(dict);
            case Undefined _ -> out.append("Undefined");
            case Namespace namespace -> writeNamespace(namespace);
            case Callable function -> out.append("<" + function.name() + ">");
            case Loop loop -> out.append(loop.toString());
            case Stream stream -> out.append("<" + stream.typeName() + " object>");
            case Cycler cycler -> out.append("<" + cycler.typeName() + " object>");
        }
    }

    private void writeItems(Items items) {
        switch (items.kind()) {
            case LIST -> writeRow("[", items.elements(), "]");
            case TUPLE, GROUP -> writeRow("(", items.elements(), items.elements().size() == 1 ? ",)" : ")");
            case KEYS, VALUES, PAIRS -> writeRow(items.typeName() + "([", items.elements(), "])");
            case RANGE -> writeRange((Items.Progression) items.elements());
        }
    }

    private void writeRow(String open, List<Value> elements, String close) {
        out.append(open);
        String separator = "";
        for (Value element : elements) {
            out.append(separator);
            write(element);
            separator = ", ";
        }
        out.append(close);
    }

    private void writeRange(Items.Progression range) {
        out.append("range(" + range.start() + ", " + range.stop() + (range.step() == 1 ? ")" : ", " + range.step() + ")"));
    }

    private void writeDict(Dict dict) {
        out.append('{');
        Iterator<Value> values = dict.values().iterator();
        String separator = "";
        for (Value key : dict.keys()) {
            out.append(separator);
            write(key);
            out.append(": ");
            write(values.next());
            separator = ", ";
        }
        out.append('}');
    }

    /** A namespace may hold itself: the only way for a value to be inside itself. */
    private void writeNamespace(Namespace namespace) {
        if (++namespaces > Items.DEEPEST) {
            throw TemplateFailure.of("values nest more than %d deep", Items.DEEPEST);
        }
        var attributes = new Dict();
        for (Map.Entry<String, Value> entry : namespace.attributes().entrySet()) {
            attributes.with(entry.getKey(), entry.getValue());
        }
        out.append("<Namespace ");
        writeDict(attributes);
        out.append('>');
        namespaces--;
    }

    /** Java writes two digits at least, where one may be enough: 4.9E-324 for 5e-324. */
    private static BigDecimal shortest(double value) {
        BigDecimal two = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        BigDecimal one = two.round(new MathContext(1));
        return two.precision() == 2 && one.doubleValue() == value ? one : two;
    }

    /** The shortest decimal that reads back as the same number; an exponent from 1e16 up and below 1e-4. */
    static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return Math.copySign(1, value) < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(value);
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = shortest.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String digits = shortest.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return (value < 0 ? "-" : "") + mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }
}
