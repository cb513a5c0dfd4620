package dev.leeway.eval.judged;

import dev.leeway.eval.Item;
import java.util.Map;
import java.util.Optional;

/**
 * Something that a model is asked and whose answer is rated.
 *
 * @param id names it
 * @param question of which it is one wording; its own id where it is the only one
 * @param system turn that belongs to it
 * @param prompt as a user says it
 * @param slices that it is part of
 */
public record JudgedItem(String id, String question, Optional<String> system, String prompt, Map<String, String> slices) implements Item {

    /** One without a system turn, in no slice. */
    static JudgedItem of(String id, String prompt) {
        return new JudgedItem(id, id, Optional.empty(), prompt, Map.of());
    }
}
