package dev.leeway.eval.qa;

import java.util.List;

/** Whether an answer is right, without a judge. */
enum Rule {

    /** It has a right answer in it, as whole words. */
    NAMES_IT {
        @Override
        boolean isRight(QaItem item, String answer) {
            var said = Normal.padded(answer);
            return item.right().stream().map(Normal::padded).anyMatch(right -> !right.isEmpty() && said.contains(right));
        }
    },
    /** It shares more words with a right answer than with any wrong one (the best F1 of each kind). */
    IS_CLOSER {
        @Override
        boolean isRight(QaItem item, String answer) {
            return best(item.right(), answer) > best(item.wrong(), answer);
        }
    };

    abstract boolean isRight(QaItem item, String answer);

    private static double best(List<String> references, String answer) {
        return references.stream().mapToDouble(reference -> Normal.overlap(answer, reference)).max().orElse(0);
    }
}
