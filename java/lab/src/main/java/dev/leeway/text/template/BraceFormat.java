package dev.leeway.text.template;

import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code '{} {name[key]!r:>8}'.format(…)}; fields reach no further into a value than the template itself can. */
final class BraceFormat {

    private static final Pattern SPEC =
            Pattern.compile("(?s)(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?([a-zA-Z%])?", Pattern.UNICODE_CASE);
    private static final Pattern PATH = Pattern.compile("^[^.\\[]*|\\.([^.\\[]+)|\\[([^\\]]+)\\]");
    private static final Pattern POSITION = Pattern.compile("\\d{1,9}");
    private static final int MOST_DIGITS = 9;

    private final Arguments arguments;
    private final boolean markup;
    private final Run run;
    private int used;

    private BraceFormat(boolean markup, Arguments arguments, Run run) {
        this.markup = markup;
        this.arguments = arguments;
        this.run = run;
    }

    static String format(Text format, Arguments arguments, Run run) {
        return new BraceFormat(format.markup(), arguments, run).fill(format.value(), true);
    }

    /** @param outer whether this is the format itself and not a field's own specification, which can't nest further */
    private String fill(String format, boolean outer) {
        var out = new Output(run.budget());
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = outer && i + 1 < format.length() && format.charAt(i + 1) == c;
            if (c == '{' && !doubled) {
                int end = fieldEnd(format, i + 1);
                out.append(field(format.substring(i + 1, end), outer));
                i = end;
            } else if (c == '}' && !doubled) {
                throw TemplateFailure.of("Single '}' encountered in format string");
            } else {
                out.append(c);
                i += c == '{' || c == '}' ? 1 : 0;
            }
        }
        return out.toString();
    }

    private static int fieldEnd(String format, int start) {
        int open = 1;
        for (int i = start; i < format.length(); i++) {
            open += format.charAt(i) == '{' ? 1 : format.charAt(i) == '}' ? -1 : 0;
            if (open == 0) {
                return i;
            }
        }
        throw TemplateFailure.of("expected '}' before end of string");
    }

    private String field(String field, boolean outer) {
        if (!outer && field.indexOf('{') >= 0) {
            throw TemplateFailure.of("Max string recursion exceeded");
        }
        int colon = field.indexOf(':');
        String path = colon < 0 ? field : field.substring(0, colon);
        int mark = path.indexOf('!');
        Value value = lookUp(mark < 0 ? path : path.substring(0, mark));
        if (mark >= 0) {
            value = converted(path.substring(mark + 1), value);
        }
        String spec = colon < 0 ? "" : field.substring(colon + 1);
        return write(value, spec.indexOf('{') < 0 ? spec : fill(spec, false));
    }

    private Value converted(String conversion, Value value) {
        return switch (conversion) {
            case "s" -> Text.of(Printer.print(value, run.budget()));
            case "r", "a" -> Text.of(Printer.repr(value, run.budget()));
            default -> throw TemplateFailure.of("Unknown conversion specifier '%s'", conversion);
        };
    }

    /** {@code name.attribute[key]…}, the name being a position where it is digits or empty. */
    private Value lookUp(String path) {
        Matcher part = PATH.matcher(path);
        part.find();
        Value value = first(part.group());
        int end = part.end();
        for (int links = 0; end < path.length() && part.find() && part.start() == end; links++) {
            if (links > Limits.CHAIN) {
                break;
            }
            value = part.group(1) != null ? Attributes.get(value, part.group(1), run) : Attributes.element(value, key(part.group(2)), run);
            end = part.end();
        }
        if (end < path.length()) {
            throw TemplateFailure.of("'{%s}' is not a field that templates can fill", path);
        }
        Arithmetic.requireDefined(value);
        return value;
    }

    private static Value key(String key) {
        return POSITION.matcher(key).matches() ? Value.Int.of(Integer.parseInt(key)) : Text.of(key);
    }

    private Value first(String name) {
        if (name.isEmpty() || POSITION.matcher(name).matches()) {
            int index = name.isEmpty() ? used++ : Integer.parseInt(name);
            if (index >= arguments.positional().size()) {
                throw TemplateFailure.of("Replacement index %d out of range for positional args tuple", index);
            }
            return arguments.positional().get(index);
        }
        Value value = arguments.named().get(name);
        if (value == null) {
            throw TemplateFailure.of("the format has no value for the key '%s'", name);
        }
        return value;
    }

    private String write(Value value, String description) {
        if (description.isEmpty()) {
            String printed = Printer.print(value, run.budget());
            return markup && !(value instanceof Text text && text.markup()) ? Text.escape(printed, run.budget()) : printed;
        }
        FormatSpec spec = parse(description);
        BigInteger integer = Numbers.integer(value).orElse(null);
        boolean realType = "eEfFgG%".indexOf(spec.type()) >= 0;
        return switch (value) {
            case Text text when spec.type() == 's' || spec.type() == FormatSpec.NONE -> spec.text(text.value(), '<', run.budget());
            case Value.Real real when realType || spec.type() == FormatSpec.NONE -> spec.real(real.value(), run.budget());
            case Value number when integer != null && realType -> spec.real(Numbers.real(number), run.budget());
            case Value _ when integer != null && "dxXob\0".indexOf(spec.type()) >= 0 -> spec.integer(integer, run.budget());
            default -> throw TemplateFailure.of("format '%s' doesn't fit a value of type %s", description, value.typeName());
        };
    }

    private static FormatSpec parse(String description) {
        Matcher m = SPEC.matcher(description);
        if (!m.matches() || tooLong(m.group(6)) || tooLong(m.group(8))) {
            throw TemplateFailure.of("Invalid format specifier '%s'", description.substring(0, Math.min(40, description.length())));
        }
        boolean zero = m.group(5) != null;
        String fill = m.group(1) != null ? m.group(1) : zero ? "0" : " ";
        char align = m.group(2) != null ? m.group(2).charAt(0) : zero ? '=' : FormatSpec.NONE;
        return new FormatSpec(fill, align, letter(m.group(3), '-'), m.group(4) != null, number(m.group(6), 0),
                letter(m.group(7), FormatSpec.NONE), number(m.group(8), -1), letter(m.group(9), FormatSpec.NONE));
    }

    private static boolean tooLong(String digits) {
        return digits != null && digits.length() > MOST_DIGITS;
    }

    private static char letter(String group, char otherwise) {
        return group == null ? otherwise : group.charAt(0);
    }

    private static int number(String group, int otherwise) {
        return group == null ? otherwise : Integer.parseInt(group);
    }
}
