package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The one rule by which a number is read from what a judge wrote. Digits are ASCII digits alone. Where a text is empty, cut before its
 * verdict may be complete, or says two things, the number is missing, with the reason.
 */
public sealed interface ParsePolicy {

    /** A grade and the word behind it: letters, or a number with its fraction. Marks around it are passed over. */
    Pattern GRADE = Pattern.compile("(?i)(?<![\\p{L}\\p{N}])GRADE[*_` ]{0,4}:[\\s*_`$\"'(\\[<]{0,8}(\\p{L}+|-?[0-9]+(?:\\.[0-9]+)?)");

    /** What it reads, in a word or two that a result can carry: {@code last_integer 0..10}. */
    String id();

    /**
     * Reads a text.
     *
     * @param text what a judge wrote
     * @param cut whether its end is missing
     */
    Reading read(String text, boolean cut);

    /** Reads a verdict; what a verdict misses, the reading misses for the same reason. */
    default Reading read(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Missing missing -> new Reading.Missing(missing.reason());
            case Verdict.Given given when given.text().isBlank() -> new Reading.Missing("the judge wrote nothing");
            case Verdict.Given given -> read(given.text(), given.cut());
        };
    }

    /**
     * The last whole number of the text, if it lies in a range. What stands behind a slash or "out of" is a denominator ({@code 7/10} is
     * 7), digits inside a word are none ({@code GPT4}). A number that is not whole, or outside the range, or explained by words behind an
     * equals sign ({@code 10 = best}), is not skipped for an earlier one. Where the template is yours to write, ask for a {@link Tag}: a
     * judge that goes on behind its verdict can't be misread then.
     *
     * @param least the smallest that is taken
     * @param most the greatest
     */
    record LastInteger(int least, int most) implements ParsePolicy {

        private static final Pattern NUMBER = Pattern.compile(
            "(?<![\\p{L}\\p{N}_.,])(?<!(?:/|\\b(?i:out of))[ *]{0,4})([-+]?[0-9]+(?:[.,][0-9]+)*)(?![\\p{L}\\p{N}_])"
                + "([ *]{0,4}=[ *]{0,4}\\p{L})?");

        /** Checks the range. */
        public LastInteger {
            requireRange(least, most);
        }

        @Override
        public String id() {
            return "last_integer " + least + ".." + most;
        }

        @Override
        public Reading read(String text, boolean cut) {
            if (cut) {
                return new Reading.Missing("the judge's answer is cut, so its last number may be missing");
            }
            var last = NUMBER.matcher(text).results().reduce((_, second) -> second);
            return last.map(found -> found.group(2) == null ? inRange(found.group(1), least, most)
                    : new Reading.Missing("the judge's last number is a place on a scale that it explains"))
                .orElseGet(() -> new Reading.Missing("the judge wrote no number"));
        }
    }

    /**
     * The number inside {@code <name>…</name>}, which need not be whole. Of several tags all must say the same.
     *
     * @param name of the tag
     * @param least the smallest that is taken
     * @param most the greatest
     */
    record Tag(String name, double least, double most) implements ParsePolicy {

        private static final Pattern NUMBER = Pattern.compile("[-+]?[0-9]{1,15}(\\.[0-9]{1,15})?");

        /** Checks name and range. */
        public Tag {
            if (!name.matches("[A-Za-z_][A-Za-z0-9_-]*")) {
                throw LeewayException.usage("a tag's name has letters, digits, _ and -, not \"%s\"", name);
            }
            requireRange(least, most);
        }

        @Override
        public String id() {
            return "tag " + name + " " + least + ".." + most;
        }

        @Override
        public Reading read(String text, boolean cut) {
            var found = Pattern.compile("<" + name + ">\\s*([^<>]{0,200}?)\\s*</" + name + ">").matcher(text).results()
                .map(match -> match.group(1)).distinct().toList();
            if (found.isEmpty()) {
                return new Reading.Missing("the judge wrote no <" + name + "> tag" + (cut ? " before its answer was cut" : ""));
            }
            if (found.size() > 1) {
                return new Reading.Missing("the judge wrote two different <" + name + "> tags");
            }
            if (!NUMBER.matcher(found.getFirst()).matches()) {
                return new Reading.Missing("the judge's <" + name + "> tag holds no number");
            }
            return ranged(Double.parseDouble(found.getFirst()), least, most);
        }
    }

    /**
     * Which of a few words or phrases the text names: it is one of them, or contains exactly one of them as whole words. Case and
     * punctuation around it don't count. A cut text must be one of them.
     *
     * @param options the words; a value is a place in this list, from 0
     */
    record OneOf(List<String> options) implements ParsePolicy {

        /** Checks the options. */
        public OneOf {
            options = List.copyOf(options);
            var folded = options.stream().map(OneOf::fold).distinct().filter(option -> !option.isEmpty()).count();
            if (options.size() < 2 || folded != options.size()) {
                throw LeewayException.usage("a choice needs two options or more that differ in more than case; got %s", options);
            }
        }

        @Override
        public String id() {
            return "one_of " + String.join("|", options);
        }

        @Override
        public Reading read(String text, boolean cut) {
            var plain = fold(text);
            for (int o = 0; o < options.size(); o++) {
                if (plain.equals(fold(options.get(o)))) {
                    return new Reading.Value(o);
                }
            }
            if (cut) {
                return new Reading.Missing("the judge's answer is cut and none of the options");
            }
            return named(text);
        }

        /** Longer options go first and take their words with them: "not safe" is no "safe". */
        private Reading named(String text) {
            var any = Pattern.compile(IntStream.range(0, options.size()).boxed()
                .sorted((a, b) -> options.get(b).length() - options.get(a).length())
                .map(o -> "(?<o" + o + ">" + Pattern.quote(fold(options.get(o))) + ")")
                .collect(Collectors.joining("|", "(?<![\\p{L}\\p{N}_])(?:", ")(?![\\p{L}\\p{N}_])")));
            var found = any.matcher(text.toLowerCase(Locale.ROOT)).results().map(this::option).distinct().toList();
            return switch (found.size()) {
                case 0 -> new Reading.Missing("the judge named none of the options");
                case 1 -> new Reading.Value(found.getFirst());
                default -> new Reading.Missing("the judge named more than one of the options");
            };
        }

        private int option(MatchResult match) {
            return IntStream.range(0, options.size()).filter(o -> match.group("o" + o) != null).findFirst().orElseThrow();
        }

        private static String fold(String text) {
            return text.toLowerCase(Locale.ROOT).replaceAll("^[\\s\\p{P}]+|[\\s\\p{P}]+$", "");
        }
    }

    /**
     * The letter that the word behind the last {@code GRADE:} begins with, as {@code GRADE: C} or {@code **grade** : Incorrect}. An earlier
     * grade doesn't stand in for a last one that is none of the letters.
     *
     * @param letters in capitals; a value is a place in this text, from 0, so {@code IC} has I = 0 and C = 1
     */
    record GradeLetter(String letters) implements ParsePolicy {

        /** Checks the letters. */
        public GradeLetter {
            if (!letters.matches("[A-Z]{2,}") || letters.chars().distinct().count() != letters.length()) {
                throw LeewayException.usage("grades are two different capital letters or more; got '%s'", letters);
            }
        }

        @Override
        public String id() {
            return "grade " + letters;
        }

        @Override
        public Reading read(String text, boolean cut) {
            return grade(text, cut, word -> {
                int place = letters.indexOf(word.toUpperCase(Locale.ROOT).charAt(0));
                return place < 0 ? new Reading.Missing("the judge's last grade is none of " + String.join(", ", letters.split("")))
                    : new Reading.Value(place);
            });
        }
    }

    /**
     * The number behind the last {@code GRADE:}, if it lies in a range; {@code 7/10} is 7.
     *
     * @param least the smallest that is taken
     * @param most the greatest
     */
    record GradeNumber(double least, double most) implements ParsePolicy {

        private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,9})?");

        /** Checks the range. */
        public GradeNumber {
            requireRange(least, most);
            if (least < 0) {
                throw LeewayException.usage("grades are not negative; got a least one of %s", least);
            }
        }

        @Override
        public String id() {
            return "grade " + least + ".." + most;
        }

        @Override
        public Reading read(String text, boolean cut) {
            return grade(text, cut, word -> NUMBER.matcher(word).matches() ? ranged(Double.parseDouble(word), least, most)
                : new Reading.Missing("the judge's last grade is no number"));
        }
    }

    private static Reading grade(String text, boolean cut, Function<String, Reading> meaning) {
        if (cut) {
            return new Reading.Missing("the judge's answer is cut, so its last grade may be missing");
        }
        return GRADE.matcher(text).results().map(found -> found.group(1)).reduce((_, last) -> last).map(meaning)
            .orElseGet(() -> new Reading.Missing("the judge wrote no grade"));
    }

    private static Reading inRange(String number, int least, int most) {
        var whole = Pattern.compile("[-+]?[0-9]{1,9}(\\.0+)?").matcher(number);
        if (!whole.matches()) {
            return new Reading.Missing("the judge's last number isn't a whole one of up to nine digits");
        }
        return ranged(Double.parseDouble(number), least, most);
    }

    private static Reading ranged(double value, double least, double most) {
        return value >= least && value <= most ? new Reading.Value(value)
            : new Reading.Missing("the judge's number " + value + " isn't within " + least + " to " + most);
    }

    private static void requireRange(double least, double most) {
        if (!(least < most)) {
            throw LeewayException.usage("a range needs a least value below the greatest; got %s to %s", least, most);
        }
    }
}
