package dev.leeway.text.template;

import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.Int;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/** The methods of texts. */
final class TextMethods {

    static final Table TABLE = new Table()
            .with("upper()", call -> call.text(Cases.upper(call.text(), call.budget())))
            .with("lower()", call -> call.text(Cases.lower(call.text(), call.budget())))
            .with("casefold()", call -> call.text(Cases.lower(Cases.upper(call.text(), call.budget()), call.budget())))
            .with("capitalize()", call -> call.text(Cases.capitalize(call.text(), call.budget())))
            .with("title()", call -> call.text(Cases.titleLetters(call.text(), call.budget())))
            .with("swapcase()", call -> call.text(Cases.swap(call.text(), call.budget())))
            .with("strip(chars?)", call -> call.text(strip(paid(call), call.findText("chars"), true, true)))
            .with("lstrip(chars?)", call -> call.text(strip(paid(call), call.findText("chars"), true, false)))
            .with("rstrip(chars?)", call -> call.text(strip(paid(call), call.findText("chars"), false, true)))
            .with("removeprefix(prefix)", call -> call.text(withoutPrefix(paid(call), call.textOf("prefix"))))
            .with("removesuffix(suffix)", call -> call.text(withoutSuffix(paid(call), call.textOf("suffix"))))
            .with("replace(old, new, count?)", call -> call.text(
                    replace(call.text(), call.textOf("old"), replacement(call), call.integer("count", -1), call.budget())))
            .with("split(sep?, maxsplit?)", call -> Splitting.split(call, false))
            .with("rsplit(sep?, maxsplit?)", call -> Splitting.split(call, true))
            .with("partition(sep)", call -> Splitting.partition(call, false))
            .with("rpartition(sep)", call -> Splitting.partition(call, true))
            .with("splitlines(keepends?)", call -> Splitting.texts(call, lines(call.text(), call.flag("keepends", false), call.budget())))
            .with("join(iterable)", TextMethods::join)
            .with("startswith(prefix, start?, end?)", call -> Bool.of(affix(call, "prefix")))
            .with("endswith(suffix, start?, end?)", call -> Bool.of(affix(call, "suffix")))
            .with("find(sub, start?, end?)", call -> Int.of(Searching.find(call, false)))
            .with("rfind(sub, start?, end?)", call -> Int.of(Searching.find(call, true)))
            .with("index(sub, start?, end?)", call -> Int.of(Searching.require(Searching.find(call, false))))
            .with("rindex(sub, start?, end?)", call -> Int.of(Searching.require(Searching.find(call, true))))
            .with("count(sub, start?, end?)", call -> Int.of(Searching.count(call)))
            .with("center(width, fillchar?)", call -> call.text(center(call.text(), call.integer("width", 0), fill(call), call.budget())))
            .with("ljust(width, fillchar?)", call -> call.text(pad(call, '<', fill(call))))
            .with("rjust(width, fillchar?)", call -> call.text(pad(call, '>', fill(call))))
            .with("zfill(width)", call -> call.text(zfill(call)))
            .with("expandtabs(tabsize?)", TextMethods::expandTabs)
            .with("format(*)", call -> call.text(BraceFormat.format((Text) call.self(), call.arguments(), call.run())))
            .with("format_map(mapping)", TextMethods::formatMap)
            .with("isalpha()", call -> every(call, Character::isLetter))
            .with("isdigit()", call -> every(call, c -> Character.isDigit(c) || "²³¹⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉".indexOf(c) >= 0))
            .with("isdecimal()", call -> every(call, Character::isDigit))
            .with("isnumeric()", call -> every(call, CodePoints::numeric))
            .with("isalnum()", call -> every(call, c -> Character.isLetter(c) || CodePoints.numeric(c)))
            .with("isspace()", call -> every(call, CodePoints::space))
            .with("isascii()", call -> Bool.of(call.text().chars().allMatch(c -> c < 128)))
            .with("isprintable()", call -> Bool.of(call.text().codePoints().allMatch(CodePoints::printable)))
            .with("isidentifier()", call -> Bool.of(identifier(call.text())))
            .with("isupper()", call -> Bool.of(Cases.all(call.text(), Character::toUpperCase)))
            .with("islower()", call -> Bool.of(Cases.all(call.text(), Character::toLowerCase)))
            .with("istitle()", call -> Bool.of(Cases.titled(call.text(), call.budget())));

    private TextMethods() {}

    private static String paid(Call call) {
        call.budget().chars(call.text().length());
        return call.text();
    }

    /** Without white space, or without any of the given characters, at one end or both. */
    static String strip(String text, Optional<String> chars, boolean start, boolean end) {
        IntPredicate stripped = chars.<IntPredicate>map(set -> c -> set.indexOf(c) >= 0).orElse(CodePoints::space);
        String left = start ? CodePoints.stripStart(text, stripped) : text;
        return end ? CodePoints.stripEnd(left, stripped) : left;
    }

    private static String withoutPrefix(String text, String prefix) {
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    }

    private static String withoutSuffix(String text, String suffix) {
        return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
    }

    private static String replacement(Call call) {
        boolean escaped = call.self() instanceof Text text && text.markup() && call.value("new") instanceof Text added && !added.markup();
        return escaped ? Text.escape(call.textOf("new"), call.budget()) : call.textOf("new");
    }

    /** Each occurrence replaced, or the first {@code most} ones; an empty one occurs around every character. */
    static String replace(String text, String old, String replacement, int most, Budget budget) {
        budget.search(text, old);
        var out = new Output(budget);
        int from = 0;
        for (int done = 0; most < 0 || done < most; done++) {
            int next = old.isEmpty() && done > 0 ? from + characterAt(text, from) : text.indexOf(old, from);
            if (next < 0 || next > text.length() || old.isEmpty() && done > 0 && next == from) {
                break;
            }
            out.append(text.substring(from, next)).append(replacement);
            from = next + old.length();
        }
        return out.append(text.substring(from)).toString();
    }

    private static int characterAt(String text, int index) {
        return index < text.length() ? Character.charCount(text.codePointAt(index)) : 0;
    }

    /** Lines as Python splits them, at every character that Unicode or ASCII has for it. */
    static List<String> lines(String text, boolean keepEnds, Budget budget) {
        List<String> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028 || c == 0x2029) {
                int end = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
                budget.elements(2);
                lines.add(text.substring(start, keepEnds ? end : i));
                start = end;
                i = end - 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }

    private static Value join(Call call) {
        var self = (Text) call.self();
        var out = new Output(call.budget());
        String separator = "";
        int index = 0;
        for (Iterator<Value> parts = Sequences.iterate(call.value("iterable")); parts.hasNext(); index++) {
            call.budget().step();
            Value part = parts.next();
            if (!(part instanceof Text text)) {
                throw TemplateFailure.of("sequence item %d: expected str instance, %s found", index, part.typeName());
            }
            out.append(separator).append(self.markup() ? text.escaped(call.budget()).value() : text.value());
            separator = self.value();
        }
        return call.text(out.toString());
    }

    private static boolean affix(Call call, String parameter) {
        Optional<String> text = Searching.range(call);
        Value wanted = call.value(parameter);
        List<Value> options = wanted instanceof Items items && items.kind() == Items.Kind.TUPLE ? items.elements() : Arrays.asList(wanted);
        return options.stream().anyMatch(option -> {
            if (!(option instanceof Text affix)) {
                throw TemplateFailure.of("%ss must be given as str or a tuple of str, not %s", parameter, option.typeName());
            }
            return text.filter(part -> parameter.equals("prefix") ? part.startsWith(affix.value()) : part.endsWith(affix.value()))
                    .isPresent();
        });
    }

    private static String fill(Call call) {
        String fill = call.findText("fillchar").orElse(" ");
        if (CodePoints.length(fill) != 1) {
            throw TemplateFailure.of("The fill character must be exactly one character long");
        }
        return fill;
    }

    private static String pad(Call call, char align, String fill) {
        return new FormatSpec(fill, align, '-', false, call.integer("width", 0), FormatSpec.NONE, -1, 's')
                .text(call.text(), align, call.budget());
    }

    /** In the middle; an odd blank goes to the left if the width is odd, as in Python. */
    static String center(String text, int width, String fill, Budget budget) {
        int missing = Math.max(0, width - CodePoints.length(text));
        int left = missing / 2 + (missing & width & 1);
        return new Output(budget).repeat(fill, left).append(text).repeat(fill, missing - left).toString();
    }

    private static String zfill(Call call) {
        String text = call.text();
        boolean signed = text.startsWith("+") || text.startsWith("-");
        long missing = (long) call.integer("width", 0) - CodePoints.length(text);
        return new Output(call.budget()).append(signed ? text.substring(0, 1) : "").repeat("0", missing)
                .append(signed ? text.substring(1) : text).toString();
    }

    private static Value expandTabs(Call call) {
        int size = call.integer("tabsize", 8);
        var out = new Output(call.budget());
        int column = 0;
        for (int c : call.text().codePoints().toArray()) {
            int blanks = c != '\t' ? 0 : size <= 0 ? 0 : size - column % size;
            out.append(c == '\t' ? "" : Character.toString(c)).repeat(" ", blanks);
            column = c == '\n' || c == '\r' ? 0 : column + (c == '\t' ? blanks : 1);
        }
        return call.text(out.toString());
    }

    private static Value formatMap(Call call) {
        if (!(call.value("mapping") instanceof Dict mapping)) {
            throw TemplateFailure.of("format_map() needs a map, not %s", call.value("mapping").typeName());
        }
        return call.text(BraceFormat.format((Text) call.self(), new Arguments(List.of(), mapping.named()), call.run()));
    }

    private static Value every(Call call, IntPredicate test) {
        return Bool.of(!call.text().isEmpty() && call.text().codePoints().allMatch(test));
    }

    private static boolean identifier(String text) {
        return !text.isEmpty() && Character.isUnicodeIdentifierStart(text.codePointAt(0)) | text.startsWith("_")
                && text.codePoints().skip(1).allMatch(Character::isUnicodeIdentifierPart);
    }
}
