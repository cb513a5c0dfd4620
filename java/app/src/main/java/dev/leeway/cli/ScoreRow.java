package dev.leeway.cli;

import dev.leeway.data.Example;
import java.util.List;
import java.util.Optional;

/**
 * A row to be scored.
 *
 * @param place where it stands, {@code rows.jsonl:118}
 * @param sequences its text, or the chosen and the rejected one; the mask says which tokens a language model is asked about
 * @param leftOut why it is not scored; then it has no sequences
 */
record ScoreRow(String place, List<Example> sequences, Optional<String> leftOut) {

    static ScoreRow of(String place, List<Example> sequences, int maxLength) {
        int longest = sequences.stream().mapToInt(Example::length).max().orElse(0);
        return longest > maxLength ? leftOut(place, longest + " tokens are more than max_length " + maxLength)
            : new ScoreRow(place, sequences, Optional.empty());
    }

    static ScoreRow leftOut(String place, String reason) {
        return new ScoreRow(place, List.of(), Optional.of(reason));
    }
}
