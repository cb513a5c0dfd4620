package dev.leeway.eval.judged;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Files of questions: rows of {@code question} or {@code prompt} (and perhaps {@code id} and {@code system}), or the YAML of the
 * emergent-misalignment evaluations: a list of {@code id}, {@code paraphrases} and perhaps {@code system}.
 */
final class JudgedFiles {

    /** Each question repeats its judges' prompts by an alias. */
    private static final LoadSettings YAML = LoadSettings.builder().setMaxAliasesForCollections(10_000).build();

    private JudgedFiles() {
    }

    /** The items of a file, each with an id of its own. */
    static List<JudgedItem> read(Path file) {
        var name = file.getFileName().toString();
        var items = name.endsWith(".yaml") || name.endsWith(".yml") ? questions(file) : rows(file);
        var ids = new HashSet<String>();
        items.stream().filter(item -> !ids.add(item.id())).findFirst().ifPresent(twice -> {
            throw LeewayException.data("%s has two questions of the id %s; give each one of its own", file, twice.id());
        });
        return items;
    }

    private static List<JudgedItem> rows(Path file) {
        return Fields.of(file).stream().map(row -> {
            var id = row.id("id");
            return new JudgedItem(id, id, row.find("system"), row.text("question", "prompt", "instruction", "title"), Map.of());
        }).toList();
    }

    private static List<JudgedItem> questions(Path file) {
        var items = new ArrayList<JudgedItem>();
        int number = 0;
        for (var entry : list(file)) {
            number++;
            if (!(entry instanceof Map<?, ?> question && question.get("id") instanceof String id
                && question.get("paraphrases") instanceof List<?> wordings && !wordings.isEmpty()
                && wordings.stream().allMatch(String.class::isInstance))) {
                throw LeewayException.data("%s: question %d lacks an id or a list of paraphrases; fetch the file again", file, number);
            }
            var system = Optional.ofNullable(question.get("system")).map(Object::toString);
            for (int w = 0; w < wordings.size(); w++) {
                items.add(new JudgedItem(wordings.size() == 1 ? id : id + "/" + w, id, system, (String) wordings.get(w), Map.of()));
            }
        }
        return items;
    }

    private static List<?> list(Path file) {
        try (var in = Files.newInputStream(file)) {
            if (new Load(YAML).loadFromInputStream(in) instanceof List<?> list) {
                return list;
            }
            throw LeewayException.data("%s is no list of questions; fetch the file again", file);
        } catch (YamlEngineException | IOException failure) {
            throw LeewayException.data(failure, "%s can't be read as YAML: %s", file, failure.getMessage().replaceAll("\\s+", " "));
        }
    }
}
