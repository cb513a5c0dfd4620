package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.model.Merge;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway merge}: a model and its adapter become one model. */
@Command(name = "merge", description = {"Adds a LoRA adapter into its base model and writes the result as a model directory (in F32).",
    "What was written is loaded again; its logits on probe sequences, or the scores of a reward model, are compared with those of the base "
        + "with the adapter beside it, and the output directory appears only if they agree."})
final class MergeCommand implements Callable<Integer> {

    /** Of the largest logit: far above fp32 rounding through all layers, far below what one layer merged wrongly makes. */
    private static final double AGREEMENT = 1e-3;
    private static final int PROBES = 4;
    private static final int PROBE_LENGTH = 16;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--output_dir", paramLabel = "DIR", description = "folder for the merged model; it must be new or empty")
    private Optional<Path> outputDir = Optional.empty();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        check();
        var source = model.source();
        var adapterFolder = source.adapter().orElseThrow(() -> LeewayException.usage(
            "--adapter is missing: name a PEFT adapter directory to merge into %s", source.base()));
        var directory = ModelDirectory.open(source.base());
        var target = outputDir.orElseThrow().toAbsolutePath().normalize();
        var part = target.resolveSibling("." + target.getFileName() + ".part");
        removeFolder(part); // of a run that was killed
        try (var adapter = AdapterDirectory.open(adapterFolder); var opened = device.open()) {
            requireAgreement(new Merge(merged(directory, adapter), adapter, opened).into(part, probes(directory.config())));
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot move %s to %s: %s", part, target, failure.getMessage());
        } finally {
            removeFolder(part);
        }
        spec.commandLine().getErr().println("wrote " + outputDir.get());
        return 0;
    }

    /** What the merged model is: with the adapter of a reward model, a reward model. */
    private static ModelDirectory merged(ModelDirectory base, AdapterDirectory adapter) {
        if (!adapter.config().isClassifier()) {
            return base;
        }
        try (var tokenizer = Tokenizer.load(base.path())) {
            return base.asRewardModel(tokenizer.padding());
        }
    }

    private void check() {
        var problems = new Problems();
        model.check(problems);
        problems.require(outputDir.isPresent(), "--output_dir is missing: name a folder for the merged model");
        outputDir.ifPresent(folder -> problems.require(isFree(folder), "--output_dir: %s exists and isn't an empty folder; merge never "
            + "overwrites, name a new one", folder));
        device.check(problems);
        problems.throwIfAny();
    }

    private static boolean isFree(Path folder) {
        if (!Files.exists(folder)) {
            return true;
        }
        try (var files = Files.list(folder)) {
            return files.findAny().isEmpty();
        } catch (IOException noFolder) {
            return false;
        }
    }

    private void requireAgreement(Merge.Difference found) {
        double difference = found.largestDifference();
        double largest = found.largestLogit();
        if (!(difference <= AGREEMENT * largest)) { // NaN is no agreement
            throw LeewayException.numerics("merged logits differ from those with the adapter beside the base by up to %.2e, logits are up "
                + "to %.2e; nothing was written", difference, largest);
        }
        spec.commandLine().getOut().println(String.format(Locale.ROOT, "largest difference of logits on %d probes: %s (logits up to %.2f)",
            PROBES, Figures.rate(difference), largest));
    }

    /** Drawn tokens, the same for every model with this vocabulary. */
    private static List<int[]> probes(ModelConfig config) {
        var draws = new SplittableRandom(0);
        int length = Math.min(PROBE_LENGTH, config.maxPositionEmbeddings());
        return Stream.generate(() -> draws.ints(length, 0, config.vocabSize()).toArray()).limit(PROBES).toList();
    }

    private static void removeFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (var files = Files.list(folder)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "cannot remove the unfinished folder %s: %s", folder, failure.getMessage());
        }
    }
}
