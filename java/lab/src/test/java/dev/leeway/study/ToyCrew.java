package dev.leeway.study;

import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * Trainings and examinations without a model: a "model" is a number, which a training moves by its option {@code effect} and by luck of its
 * seed, and an item's value is that number with luck of the item's own. It counts what it does, and can be killed before any piece of work.
 */
final class ToyCrew implements Workshop, Examiner, Materials {

    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private final int items;
    private final double luck;
    private final String prefix;
    final List<String> done = new ArrayList<>();
    int killBefore = Integer.MAX_VALUE;

    ToyCrew(int items, double luck) {
        this(items, luck, "");
    }

    /** One whose rows and files begin with a text. */
    ToyCrew(int items, double luck, String prefix) {
        this.items = items;
        this.luck = luck;
        this.prefix = prefix;
    }

    StudyRun.Crew crew() {
        return new StudyRun.Crew(this, this, this);
    }

    private void work(String what) {
        if (done.size() >= killBefore) {
            throw new Killed();
        }
        done.add(what);
    }

    @Override
    public boolean train(Training training) {
        work("train " + training.options());
        double before = training.model().map(ToyCrew::number).orElse(0.0);
        double effect = Double.parseDouble(training.options().getOrDefault("effect", "0"));
        var random = new Random(training.seed() * 31 + training.options().hashCode());
        write(training.output(), before + effect + luck * random.nextGaussian());
        return true;
    }

    private static void write(Path folder, double number) {
        try {
            Files.createDirectories(folder);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        JsonFile.write(folder.resolve("model.json"), JsonFile.newObject().put("number", number));
    }

    private static double number(Path folder) {
        return JsonFile.read(folder.resolve("model.json")).requireDouble("number");
    }

    @Override
    public List<Kept> kept(Path output) {
        return List.of();
    }

    @Override
    public Optional<List<Outcome>> examine(Exam exam, Path model, Optional<Path> data, Path output) {
        work("examine " + exam.name());
        double number = number(model);
        return Optional.of(IntStream.range(0, items).mapToObj(i -> {
            double own = new Random(Double.hashCode(number) * 31L + i).nextGaussian() + new Random(i).nextGaussian();
            return new Outcome("none", "item-" + i, Map.of("language", i % 2 == 0 ? "en" : "es"), Map.of("score", number + own), Map.of());
        }).toList());
    }

    @Override
    public String dependencies(Exam exam, Optional<Path> data) {
        return "toy";
    }

    @Override
    public Stream<ObjectNode> rows(String generator, long seed, int count, Map<String, String> settings) {
        return IntStream.range(0, count).mapToObj(i -> JsonFile.newObject().put("text", prefix + generator + " " + seed + " " + i));
    }

    @Override
    public SequencedMap<String, String> items(String generator, Map<String, String> settings) {
        return new LinkedHashMap<>(Map.of("words.txt", prefix + generator));
    }
}
