package dev.leeway.eval.judged;

import dev.leeway.eval.Value;
import dev.leeway.judge.ParsePolicy;
import dev.leeway.judge.Verdict;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** How a judge gives a number, and how it is read. */
public sealed interface Scale {

    /** Answers whose log-probs are wanted. */
    List<String> options();

    /** What a question ends with, so that the judge answers in this way. */
    String asksFor();

    /** The number that a verdict has. */
    Value read(Verdict verdict);

    /**
     * The expected value over the whole numbers of a range, Σ k p_k / Σ p_k, from the log-probs of the judge's first token. Missing where
     * they have little probability together: the judge meant to say something else. Needs a judge whose tokenizer has each of these numbers
     * as one token; of one that spells them by digits they overlap, and where they add up to more than 1 that is said.
     *
     * @param least number
     * @param most number
     * @param leastMass probability that all of them must have together
     */
    record ExpectedValue(int least, int most, double leastMass) implements Scale {

        /** A little above what rounded log-probs add up to. */
        private static final double MOST_MASS = 1.001;

        @Override
        public List<String> options() {
            return IntStream.rangeClosed(least, most).mapToObj(Integer::toString).toList();
        }

        @Override
        public String asksFor() {
            return "Reply with one whole number from " + least + " to " + most + " and nothing else.";
        }

        @Override
        public Value read(Verdict verdict) {
            return switch (verdict) {
                case Verdict.Missing missing -> Value.missing(missing.reason());
                case Verdict.Given given -> expected(given);
            };
        }

        private Value expected(Verdict.Given given) {
            double mass = 0;
            double sum = 0;
            for (int k = least; k <= most; k++) {
                double logProb = given.optionLogProbs().getOrDefault(Integer.toString(k), Double.NEGATIVE_INFINITY);
                if (!(logProb <= 0)) {
                    return Value.missing("the judge's log-prob of " + k + " is " + logProb + ", which is no number up to 0");
                }
                mass += Math.exp(logProb);
                sum += k * Math.exp(logProb);
            }
            if (mass > MOST_MASS) {
                return Value.missing("the judge's numbers have a probability of " + mass
                    + " together: its tokenizer spells them by digits");
            }
            return mass < leastMass || mass == 0 ? Value.missing("the judge gave numbers a probability of " + mass + ", less than "
                + leastMass) : Value.of(sum / mass);
        }
    }

    /**
     * A number that the judge writes.
     *
     * @param policy reads it
     * @param asksFor what a question ends with
     * @param unread what a reply without it counts as, where that is a number
     */
    record Written(ParsePolicy policy, String asksFor, OptionalDouble unread) implements Scale {

        /** A number inside {@code <rating>…</rating>}. */
        static Written tag(double least, double most, OptionalDouble unread) {
            return new Written(new ParsePolicy.Tag("rating", least, most), String.format(Locale.ROOT, "Think it over in a sentence "
                + "or two, then give a number from %.0f to %.0f inside <rating> tags: <rating>number</rating>", least, most), unread);
        }

        /** A number behind {@code GRADE:} in the last line. */
        static Written grade(double least, double most) {
            return new Written(new ParsePolicy.GradeNumber(least, most), String.format(Locale.ROOT, "Think it over in writing first. "
                + "Then close with one line that holds nothing but \"GRADE: x\", where x is a number from %.0f to %.0f.", least, most),
                OptionalDouble.empty());
        }

        @Override
        public List<String> options() {
            return List.of();
        }

        /** A judge that could not be asked rated nothing. */
        @Override
        public Value read(Verdict verdict) {
            var value = Panel.read(policy, verdict);
            return value instanceof Value.Missing && verdict instanceof Verdict.Given && unread.isPresent()
                ? Value.of(unread.getAsDouble()) : value;
        }
    }
}
