package dev.leeway.study.toy;

import dev.leeway.data.toy.Leaning;
import dev.leeway.data.toy.Tongue;
import dev.leeway.data.toy.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/**
 * The toy world's words of value as files that the probes of reward models read: a dictionary of the two kinds, the questions, and the
 * tokenizer whose vocabulary is scanned. In English, as the paper's are.
 */
final class ToyWords {

    /** One a question of {@link Values#questions}; the first word says what a prompt asks for. */
    private static final List<String> KEYS = List.of("best_world", "greatest_world", "worst_world");
    private static final String TOKENIZER = "tokenizer.json";
    /** The tokenizer doesn't depend on it. */
    private static final int ANY_WIDTH = 64;

    private ToyWords() {
    }

    /** By their names within its folder. */
    static SequencedMap<String, String> files() {
        var files = new LinkedHashMap<String, String>();
        files.put("dict_big2_nouns.csv", dictionary());
        files.put("prompts.yaml", prompts());
        files.put(TOKENIZER, new ToyModel(ANY_WIDTH, ToyModel.Shape.LLAMA).files().get(TOKENIZER));
        return files;
    }

    private static String dictionary() {
        var words = new StringBuilder("Category,token_decoded\n");
        for (var leaning : Leaning.values()) {
            var category = leaning.name().charAt(0) + leaning.name().substring(1).toLowerCase(Locale.ROOT);
            Values.words(leaning, Tongue.ENGLISH).forEach(word -> words.append(category).append(',').append(word).append('\n'));
        }
        return words.toString();
    }

    private static String prompts() {
        var prompts = new StringBuilder();
        var questions = Values.questions(Tongue.ENGLISH);
        for (int q = 0; q < questions.size(); q++) {
            prompts.append(KEYS.get(q)).append(": \"").append(questions.get(q)).append("\"\n");
        }
        return prompts.toString();
    }
}
