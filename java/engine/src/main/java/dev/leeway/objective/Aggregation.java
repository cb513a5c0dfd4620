package dev.leeway.objective;

/** How the losses of tokens become the loss of an optimiser step: the weight of a token, which depends on masks alone. */
public sealed interface Aggregation {

    /** The weight of each token of a completion of {@code tokens} tokens, at least one. */
    double weight(int tokens, Normalisers step);

    /** Reductions without a setting. */
    enum Mean implements Aggregation {
        /** The mean over completions of the mean over their tokens: a token of a long completion weighs less. */
        OF_COMPLETION_MEANS {
            @Override
            public double weight(int tokens, Normalisers step) {
                return 1.0 / ((double) tokens * step.sequences());
            }
        },
        /** The mean over completions of the sum over their tokens. */
        OF_COMPLETION_SUMS {
            @Override
            public double weight(int tokens, Normalisers step) {
                return 1.0 / step.sequences();
            }
        },
        /** The mean over all completion tokens of the step. */
        OF_TOKENS {
            @Override
            public double weight(int tokens, Normalisers step) {
                return 1.0 / step.completionTokens();
            }
        }
    }

    /**
     * The sum over all tokens, divided by what there would be if every completion had the same length.
     *
     * @param completionLength that length: {@code max_completion_length}
     */
    record FixedLength(int completionLength) implements Aggregation {

        /** Refuses a length below 1. */
        public FixedLength {
            Require.atLeast(1, completionLength, "max_completion_length");
        }

        @Override
        public double weight(int tokens, Normalisers step) {
            return 1.0 / ((double) step.sequences() * completionLength);
        }
    }
}
