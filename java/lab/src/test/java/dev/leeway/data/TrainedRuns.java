package dev.leeway.data;

import dev.leeway.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What of an example is trained, as text. */
final class TrainedRuns {

    private TrainedRuns() {}

    /** The text of each run of trained tokens. */
    static List<String> of(Example example, Tokenizer tokenizer) {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < example.length(); i++) {
            int start = i;
            while (i < example.length() && example.mask()[i]) {
                i++;
            }
            if (i > start) {
                runs.add(tokenizer.decode(Arrays.copyOfRange(example.tokens(), start, i), false));
            }
        }
        return runs;
    }
}
