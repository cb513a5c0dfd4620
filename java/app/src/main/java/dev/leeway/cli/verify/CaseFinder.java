package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Walks folders and recognises cases by what they contain, not by what they are called. */
final class CaseFinder {

    private static final Set<String> IGNORED = Set.of("README.md", "index.json");
    /** What belongs to a case that is a folder; all else in it is looked at on its own. */
    private static final Set<String> COMPANIONS = Set.of("config.json", "inputs.json", "meta.json", "generation.json", "case.json",
        "expected.json",
        "expected_tokenizer.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
        "adapter_config.json", "model.safetensors.index.json", "bf16", "adapter_init", "adapter_final");

    private final List<Case> cases = new ArrayList<>();
    private final Set<Path> visited = new HashSet<>();

    /** All cases under a folder, or the one case that a file is, in the order of their paths. */
    static List<Case> find(Path path) {
        if (!Files.exists(path)) {
            throw LeewayException.data("%s does not exist; a folder with cases is expected", path);
        }
        var finder = new CaseFinder();
        if (Files.isDirectory(path)) {
            finder.folder(path);
        } else {
            finder.file(path);
        }
        return finder.cases;
    }

    /** Each folder once, however links lead to it. */
    private void folder(Path folder) {
        if (!visited.add(real(folder))) {
            return;
        }
        int before = cases.size();
        guarded(folder, () -> ofFolder(folder));
        boolean isCase = cases.size() > before;
        for (var child : children(folder)) {
            if (isCase && COMPANIONS.contains(child.getFileName().toString())) {
                continue;
            }
            if (Files.isDirectory(child)) {
                folder(child);
            } else {
                file(child);
            }
        }
    }

    /** A file that can't be read is a case that fails; the others are still found. */
    private void guarded(Path path, Runnable search) {
        try {
            search.run();
        } catch (LeewayException e) {
            cases.add(new Case.Unreadable(path, e.getMessage()));
        }
    }

    private static Path real(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException e) {
            throw LeewayException.data(e, "cannot follow %s: %s", folder, e.getMessage());
        }
    }

    private void ofFolder(Path folder) {
        if (has(folder, "config.json") && has(folder, "inputs.json") && has(folder, "expected.safetensors")) {
            cases.add(new ModelCase(folder, folder));
            if (has(folder, "bf16/expected.safetensors")) {
                cases.add(new ModelCase(folder.resolve("bf16"), folder));
            }
        }
        if (has(folder, "case.json")) {
            cases.add(ofCaseFile(folder, JsonFile.read(folder.resolve("case.json"))));
        }
        if (has(folder, "config.json") && has(folder, "model.safetensors") && has(folder, "expected.json")) {
            cases.add(new CheckpointCase(folder));
        }
        if (has(folder, "tokenizer.json") && has(folder, "expected_tokenizer.json")) {
            cases.add(new TokenizerCase(folder, folder.resolve("expected_tokenizer.json")));
        } else if (has(folder, "tokenizer.json") && has(folder, "expected.json") && !has(folder, "config.json")) {
            cases.add(new TokenizerCase(folder, folder.resolve("expected.json")));
        }
    }

    private static Case ofCaseFile(Path folder, JsonObject json) {
        if (json.has("optimizer") && json.has("kind")) {
            return CaseObjective.trains(json.requireString("kind")) ? new TrainingCase(folder, json)
                : new Case.NotChecked(folder, "training of kind " + json.requireString("kind"));
        }
        if (json.has("optimizer")) {
            return new OptimizerCase(folder, json);
        }
        if (json.has("objective") && json.requireString("objective").equals("reward_bt") && has(folder, "config.json")) {
            return new RewardCase(folder, json);
        }
        if (json.has("objective") && CaseObjective.isKnown(json.requireString("objective")) && has(folder, "adapter_config.json")) {
            return new EndToEndCase(folder, json);
        }
        if (json.has("objective")) {
            return new Case.NotChecked(folder, "objective " + json.requireString("objective") + " through a model");
        }
        return json.has("base") && has(folder, "adapter_config.json") ? new AdapterCase(folder, json)
            : new Case.NotChecked(folder, "case.json of a kind that is not known");
    }

    private void file(Path file) {
        var name = file.getFileName().toString();
        if (!name.toLowerCase(Locale.ROOT).endsWith(".json") || IGNORED.contains(name)) {
            return;
        }
        guarded(file, () -> cases.add(isList(file) ? new Case.NotChecked(file, "a list of a kind that is not known")
            : ofDocument(file, JsonFile.read(file))));
    }

    private static boolean isList(Path file) {
        try (var reader = Files.newBufferedReader(file)) {
            int first = reader.read();
            while (Character.isWhitespace(first)) {
                first = reader.read();
            }
            return first == '[';
        } catch (IOException e) {
            throw LeewayException.data(e, "cannot read %s: %s", file, e.getMessage());
        }
    }

    private static Case ofDocument(Path file, JsonObject json) {
        if (json.has("objective") && json.has("expected")) {
            return ObjectiveCase.of(file, json);
        }
        var first = json.optional("cases").filter(JsonNode::isArray).map(list -> list.path(0));
        if (first.isEmpty()) {
            return new Case.NotChecked(file, "a file of a kind that is not known");
        }
        var one = first.get();
        if (one.has("factor_at_step")) {
            return new ScheduleCase(file, json);
        }
        if (one.has("hyper") && one.has("after_step")) {
            return new AdamWCase(file, json);
        }
        if (one.has("inv_freq")) {
            return new RopeCase(file, json);
        }
        if (one.has("spec") && one.has("probabilities")) {
            return new SamplingCase(file, json);
        }
        if (one.has("template_file") || one.has("template") || one.has("template_repeat")) {
            return new TemplateCase(file, json);
        }
        return new Case.NotChecked(file, "cases of a kind that is not known");
    }

    private static boolean has(Path folder, String name) {
        return Files.isRegularFile(folder.resolve(name));
    }

    private static List<Path> children(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList();
        } catch (IOException e) {
            throw LeewayException.data(e, "cannot list %s: %s", folder, e.getMessage());
        }
    }
}
