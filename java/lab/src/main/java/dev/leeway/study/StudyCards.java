package dev.leeway.study;

import dev.leeway.report.Markup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * A card for every model that a study trained, in the form of the Hugging Face hub: {@code README.md} in the model's folder, or, where
 * that is in a store which studies share, {@code cards/HASH.md} in the study's. It is written when all is done; no hash is taken over it,
 * and nothing reads it.
 *
 * @param results of the study
 * @param base the name of the model that the study began with; empty where it made its own
 * @param version of this program
 */
public record StudyCards(StudyResults results, Optional<String> base, String version) {

    /** Texts by their files. */
    public SequencedMap<Path, String> files() {
        var files = new LinkedHashMap<Path, String>();
        results.plan().nodes().forEach(node -> files.put(file(node), text(node)));
        return files;
    }

    private Path file(Plan.Node node) {
        var folder = results.traces().folder();
        var stage = folder.stage(node);
        return stage.startsWith(folder.path()) ? stage.resolve("README.md") : folder.path().resolve("cards").resolve(node.key() + ".md");
    }

    private String text(Plan.Node node) {
        return "---\n" + front(node) + "---\n\n# " + name(node) + "\n\n" + what(node) + "\n## Training\n\n" + training(node)
            + "\n## Exams\n\n" + exams(node);
    }

    private String name(Plan.Node node) {
        return results.plan().study().title().name() + ": " + node.stage().name() + " of " + String.join(", ", arms(node)) + ", seed "
            + node.seed();
    }

    private List<String> arms(Plan.Node node) {
        return results.plan().replications().stream().filter(one -> one.nodes().contains(node)).map(one -> one.arm().name()).distinct()
            .toList();
    }

    /** Values are JSON strings, which YAML has too. */
    private String front(Plan.Node node) {
        var lines = new ArrayList<String>();
        lines.add("library_name: leeway");
        lines.add("pipeline_tag: " + (node.stage().command().equals("reward") ? "text-classification" : "text-generation"));
        node.before().map(before -> "../" + before.key()).or(() -> base).ifPresent(name -> lines.add("base_model: " + quoted(name)));
        lines.add("tags:");
        List.of("leeway", node.stage().command(), "study:" + results.plan().study().title().name())
            .forEach(tag -> lines.add("- " + quoted(tag)));
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private static String quoted(String text) {
        return JsonMapper.shared().writeValueAsString(text);
    }

    private String what(Plan.Node node) {
        var study = results.plan().study();
        var text = new StringBuilder("A model of the study *" + study.title().name() + "*: " + study.title().question() + "\n\n");
        study.arms().stream().filter(arm -> arms(node).contains(arm.name())).forEach(arm -> text.append("- `").append(arm.name())
            .append("`: ").append(arm.meaning()).append(" (").append(arm.stages().stream().map(Stage::name)
                .collect(Collectors.joining(" → "))).append(")\n"));
        if (base.isEmpty()) {
            text.append("\n**A toy model**: it began with random weights and was trained on a small made language, so it says nothing "
                + "about real ones.\n");
        }
        return text.toString();
    }

    private String training(Plan.Node node) {
        var facts = new LinkedHashMap<String, String>();
        facts.put("begins with", node.before().map(before -> before.stage().name() + ", hash " + before.hash())
            .or(() -> base).orElse("random weights"));
        facts.put("trained on", node.stage().rows().map(rows -> rows + ", hash " + node.rows().orElseThrow())
            .orElse("what its options say"));
        facts.put("seed", Long.toString(node.seed()));
        facts.put("hash of all that determines it", node.hash());
        facts.put("trained with", version);
        return "```sh\nleeway " + StudyPagePlan.command(node.stage()) + " --seed " + node.seed() + "\n```\n\n" + facts.entrySet().stream()
            .map(fact -> "- " + fact.getKey() + ": " + fact.getValue() + "\n").collect(Collectors.joining());
    }

    private String exams(Plan.Node node) {
        var means = results.means().stream().filter(mean -> mean.node().equals(node) && mean.step() < 0 && mean.slice().isEmpty()).toList();
        var empty = results.missing().stream().filter(missing -> missing.node().equals(node) && missing.step() < 0
            && missing.without() == missing.items()).toList();
        if (means.isEmpty() && empty.isEmpty()) {
            return "It took none.\n";
        }
        return "Means over items, with intervals of 95 % over items for this model alone.\n\n"
            + "| exam | prompt | measure | mean | 95 % | items | missing |\n|---|---|---|---|---|---|---|\n" + means.stream()
                .map(mean -> Markup.format("| %s | %s | %s | %.3f | %.3f to %.3f | %d | %d |\n", mean.exam(), mean.setting(),
                    mean.measure(), mean.value(), mean.interval().low(), mean.interval().high(), mean.items(), mean.missing()))
                .collect(Collectors.joining()) + empty.stream().map(missing -> Markup.format("| %s | %s | %s | – | – | 0 | %d |\n",
                    missing.exam(), missing.setting(), missing.measure(), missing.answers())).collect(Collectors.joining());
    }
}
