package dev.leeway.study.values;

import dev.leeway.eval.likelihood.FirstWordProbe;
import dev.leeway.study.Exam;
import dev.leeway.study.Examiner;
import dev.leeway.study.Materials;
import dev.leeway.study.Plan;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.StudyResults;
import dev.leeway.study.StudyRun;
import dev.leeway.study.Workshop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@link RewardValues} without a model: a "model" is the name of its family. Asked for the greatest, the family of gemma gives the most to
 * the last word of a list, and others to the first; asked for the worst the other way round.
 */
final class ValuesCrew implements Workshop, Examiner, Materials {

    private static final String FAMILY = "family";

    static StudyResults run(Study study, Path folder) {
        var crew = new ValuesCrew();
        return new StudyRun(Plan.of(study, Optional.empty()), new StudyFolder(folder), new StudyRun.Crew(crew, crew, crew),
            Optional.empty(), StudyRun.Listener.SILENT).run().orElseThrow();
    }

    @Override
    public boolean train(Training training) {
        var named = Optional.ofNullable(training.options().get("model_name_or_path")).map(path -> Path.of(path).getFileName().toString());
        write(training.output(), named.orElseGet(() -> read(training.model().orElseThrow())));
        if (!training.grid().isEmpty()) {
            checkpoints(training.output()).forEach(kept -> write(kept.folder(), read(training.output())));
        }
        return true;
    }

    private static void write(Path folder, String family) {
        try {
            Files.writeString(Files.createDirectories(folder).resolve(FAMILY), family);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static String read(Path folder) {
        try {
            return Files.readString(folder.resolve(FAMILY));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static Stream<Kept> checkpoints(Path output) {
        return Stream.of(0, 1).map(step -> new Kept(step, output.resolve("checkpoint-" + step)));
    }

    @Override
    public List<Kept> kept(Path output) {
        return checkpoints(output).filter(kept -> Files.isDirectory(kept.folder())).toList();
    }

    @Override
    public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
        boolean isGemma = read(model).startsWith("gemma");
        var outcomes = new ArrayList<Outcome>();
        var prompts = exam.options().containsKey("prompts") && !exam.benchmark().equals("first_word") ? List.of("greatest_ever_one")
            : List.of("greatest_ever_one", "worst_ever_one");
        for (var prompt : prompts) {
            var words = words(exam.benchmark());
            for (int w = 0; w < words.size(); w++) {
                boolean rises = isGemma == prompt.startsWith("greatest");
                double reward = rises ? w : -w;
                var framing = prompt.startsWith("greatest") ? "positive" : "negative";
                var category = words.get(w).replaceAll("[0-9]+ ?", "");
                outcomes.add(new Outcome("none", prompt + "/" + words.get(w), Map.of("framing", framing, "category", category, "panel",
                    framing + " " + category), Map.of("reward", reward, "rank", rises ? words.size() - (double) w : w + 1.0,
                    FirstWordProbe.LOG_PROB, -1.0 - w), Map.of()));
            }
        }
        return Optional.of(outcomes);
    }

    private static List<String> words(String benchmark) {
        return switch (benchmark) {
            case "mfd" -> List.of("Care1", "Fairness1", "Loyalty1", "Authority1", "Sanctity1");
            case "vocabulary" -> List.of("1 a", "2 b", "3 c");
            default -> List.of("Agency1", "Agency2", "Communion1", "Communion2");
        };
    }

    @Override
    public String dependencies(Exam exam, Optional<Path> data) {
        return "none";
    }

    @Override
    public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
        throw new IllegalStateException(generator);
    }

    @Override
    public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
        return new LinkedHashMap<>();
    }
}
