package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.CheckpointStore;
import dev.leeway.study.Workshop;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Trains with the commands of this program, in this process: a stage of a study is what a user would have typed, with its output folder,
 * its log and its checkpoints. What it says is appended to {@code FOLDER.log} beside its folder.
 *
 * @param common options of every command that has them, such as the device
 * @param isToStop whether the study was asked to stop, between trainings; a training that runs hears it by itself
 */
record CommandWorkshop(Map<String, String> common, BooleanSupplier isToStop) implements Workshop {

    private static final String MERGE = "merge";
    /** A stage that names a model begins with that one. */
    private static final String MODEL = "model_name_or_path";
    /** Begins a failure of the program before it knows the command. */
    private static final String PROGRAM = "leeway: ";
    private static final String INDENT = "  ";

    @Override
    public boolean train(Training training) {
        if (isToStop.getAsBoolean()) {
            return false;
        }
        if (training.command().equals(MERGE) && Files.exists(training.output())) {
            return true; // a merge puts its folder there as a whole, and the process died before it was noted
        }
        SameWeights.forget(training.output());
        var arguments = arguments(training);
        var log = training.output().resolveSibling(training.output().getFileName() + ".log");
        try {
            Files.createDirectories(log.getParent());
            long before = Files.exists(log) ? Files.size(log) : 0;
            int code;
            try (var writer = new PrintWriter(Files.newBufferedWriter(log, StandardCharsets.UTF_8, StandardOpenOption.CREATE,
                StandardOpenOption.APPEND), true)) {
                code = Main.run(arguments.toArray(String[]::new), writer, writer);
            }
            if (code != 0) {
                throw failure(code, training, log, before);
            }
        } catch (IOException unwritable) {
            throw LeewayException.resources(unwritable, "%s can't be written: %s", log, unwritable.getMessage());
        }
        boolean ended = training.command().equals(MERGE) || Files.exists(training.output().resolve(OutputFolder.RESULTS_FILE));
        if (ended) {
            kept(training.output()); // notes which have the end's weights
        }
        return ended;
    }

    private List<String> arguments(Training training) {
        var arguments = new ArrayList<>(List.of(training.command(), "--output_dir", training.output().toString()));
        training.model().filter(_ -> !training.options().containsKey(MODEL))
            .ifPresent(model -> arguments.addAll(List.of("--" + MODEL, model.toString())));
        training.rows().ifPresent(rows -> arguments.addAll(List.of("--dataset_name", rows.toString())));
        training.options().forEach((name, value) -> arguments.addAll(List.of("--" + name, value)));
        if (training.command().equals(MERGE)) {
            return arguments;
        }
        common.forEach((name, value) -> {
            if (!training.options().containsKey(name)) {
                arguments.addAll(List.of("--" + name, value));
            }
        });
        arguments.addAll(List.of("--seed", Long.toString(training.seed())));
        if (!training.grid().isEmpty()) {
            arguments.addAll(List.of("--save_at", training.grid()));
        }
        arguments.addAll(CheckpointStore.latest(training.output()).isPresent() ? List.of("--resume_from_checkpoint", "latest")
            : List.of("--overwrite_output_dir", "true"));
        return arguments;
    }

    /** The command's own sentence, with the exit code that it would have had; what earlier attempts said stands before it in the log. */
    private static LeewayException failure(int code, Training training, Path log, long before) throws IOException {
        var name = "leeway " + training.command();
        var said = sentence(name, said(log, before)).orElse(name + " ended with exit code " + code) + " (all it said is in " + log + ")";
        var kind = Stream.of(LeewayException.Kind.values()).filter(one -> one.exitCode() == code).findFirst()
            .orElseThrow(() -> new IllegalStateException(said));
        return switch (kind) {
            case USAGE -> LeewayException.usage("%s", said);
            case DATA -> LeewayException.data("%s", said);
            case NUMERICS -> LeewayException.numerics("%s", said);
            case RESOURCES -> LeewayException.resources("%s", said);
        };
    }

    private static List<String> said(Path log, long before) throws IOException {
        try (var channel = Files.newByteChannel(log); var reader = new BufferedReader(Channels.newReader(channel.position(before),
            StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        }
    }

    /** The last line that tells a failure, with the further problems that stand indented below it. */
    private static Optional<String> sentence(String name, List<String> lines) {
        int last = IntStream.range(0, lines.size()).filter(l -> lines.get(l).startsWith(name + ": ") || lines.get(l).startsWith(PROGRAM))
            .reduce((_, later) -> later).orElse(-1);
        return last < 0 ? Optional.empty() : Optional.of(Stream.concat(Stream.of(lines.get(last)), lines.stream().skip(last + 1L)
            .takeWhile(line -> line.startsWith(INDENT))).collect(Collectors.joining("\n")));
    }

    @Override
    public List<Kept> kept(Path output) {
        var checkpoints = CheckpointStore.staying(output);
        var same = SameWeights.steps(output, checkpoints);
        return checkpoints.stream().map(found -> new Kept(found.manifest().step(), found.folder(),
            same.contains(found.manifest().step()))).toList();
    }
}
