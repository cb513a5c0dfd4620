package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.eval.Csv;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What one reward model gives to words as answers to prompts.
 *
 * @param model its name
 * @param prompts keys, in the order of the file's columns
 * @param words each once, in the order of its rows
 * @param rewards (prompts, words), all finite
 */
public record RewardTable(String model, List<String> prompts, List<String> words, double[][] rewards) {

    private static final String WORD = "response";
    private static final String BEFORE_THE_NAME = "_rewards_";

    /** Takes copies of the lists. */
    public RewardTable {
        prompts = List.copyOf(prompts);
        words = List.copyOf(words);
    }

    /**
     * Reads a file as it is published: a row a word, {@code response} and then a column a prompt; the model's name stands behind
     * {@code _rewards_} in the file's. A word that comes again is passed over.
     *
     * @throws LeewayException if a row is something else, with its place
     */
    public static RewardTable read(Path file) {
        var rows = Csv.records(file);
        if (rows.isEmpty()) {
            throw LeewayException.data("%s has no words; a row a word is expected", file);
        }
        var prompts = rows.getFirst().columns().keySet().stream().filter(column -> !column.equals(WORD)).toList();
        Set<String> seen = new HashSet<>();
        var first = rows.stream().filter(row -> seen.add(row.text(WORD))).toList();
        var rewards = prompts.stream().map(prompt -> first.stream().mapToDouble(row -> row.number(prompt)).toArray())
            .toArray(double[][]::new);
        return new RewardTable(nameOf(file), prompts, first.stream().map(row -> row.text(WORD)).toList(), rewards);
    }

    private static String nameOf(Path file) {
        var name = file.getFileName().toString();
        var bare = name.endsWith(".csv") ? name.substring(0, name.length() - ".csv".length()) : name;
        int begin = bare.indexOf(BEFORE_THE_NAME);
        return begin < 0 ? bare : bare.substring(begin + BEFORE_THE_NAME.length());
    }

    /** The name that {@link #read} finds the model's in: {@code big2_rewards_model.csv}. */
    public static String fileName(String list, String model) {
        return list + BEFORE_THE_NAME + model.replaceAll("[^A-Za-z0-9._-]", "_") + ".csv";
    }

    /** The file's text, with the shortest numbers that are read as the same ones. */
    public String csv() {
        var text = new StringBuilder(WORD);
        prompts.forEach(prompt -> text.append(',').append(quoted(prompt)));
        text.append('\n');
        for (int w = 0; w < words.size(); w++) {
            text.append(quoted(words.get(w)));
            for (var ofPrompt : rewards) {
                text.append(',').append(shortest(ofPrompt[w]));
            }
            text.append('\n');
        }
        return text.toString();
    }

    static String shortest(double value) {
        return value == (float) value ? Float.toString((float) value) : Double.toString(value);
    }

    static String quoted(String field) {
        boolean isBare = !field.isEmpty() && field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return isBare ? field : "\"" + field.replace("\"", "\"\"") + "\"";
    }

    /** The family that its name tells: {@code gemma}, {@code llama}, {@code qwen}, {@code mistral}, or {@code other}. */
    public String family() {
        var name = model.toLowerCase(Locale.ROOT);
        return List.of("gemma", "llama", "qwen", "mistral").stream().filter(name::contains).findFirst().orElse("other");
    }

    /** Its words that a dictionary has; those that it lacks are left out. */
    public RewardTable within(Dictionary dictionary) {
        var kept = new ArrayList<Integer>();
        for (int w = 0; w < words.size(); w++) {
            if (dictionary.category(words.get(w)).isPresent()) {
                kept.add(w);
            }
        }
        if (kept.isEmpty()) {
            throw LeewayException.data("the dictionary has none of the %d words that %s was asked for, such as %s; name the dictionary "
                + "that the scores were made with", words.size(), model, words.stream().limit(3).collect(Collectors.joining(", ")));
        }
        var rewards = new double[prompts.size()][];
        for (int p = 0; p < rewards.length; p++) {
            var all = this.rewards[p];
            rewards[p] = kept.stream().mapToDouble(w -> all[w]).toArray();
        }
        return new RewardTable(model, prompts, kept.stream().map(words::get).toList(), rewards);
    }
}
