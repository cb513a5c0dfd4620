package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Candidate;
import dev.leeway.eval.EngineSubject;
import dev.leeway.io.CheckpointStore;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Who is asked: models, adapters, their checkpoints, and rules in the place of a model. */
final class EvaluatedModels {

    private static final String BASELINE = "baseline:";
    private static final String FINAL = "final";
    private static final String CHECKPOINT = "checkpoint-";

    @Option(names = "--model_name_or_path", paramLabel = "DIR", arity = "1..*", description = "Hugging Face model directories, or PEFT "
        + "adapter directories that name their base; several may follow. NAME=DIR gives one another name in results; baseline:always-a, "
        + "baseline:always-refuse, baseline:empty and baseline:copy-prompt are rules in the place of a model")
    List<String> names = List.of();

    @Option(names = "--checkpoints", paramLabel = "all|N[,N…]", hideParamSyntax = true, description = "of each model the checkpoints of "
        + "its training too: all, or those of these steps; final is the model itself (default: final)")
    Optional<String> checkpoints = Optional.empty();

    @Option(names = "--reference_model", paramLabel = "DIR", description = "a second model that some benchmarks compare with")
    Optional<Path> reference = Optional.empty();

    @Option(names = "--max_length", paramLabel = "N", description = "tokens of a prompt and its answer that there is room for, at most the "
        + "model's own limit; a longer prompt gets no answer and is counted (default: 4096)")
    int maxLength = 4096;

    /** A model with its name in results. */
    private record Named(String name, Path folder) {
    }

    void check(Problems problems) {
        problems.require(!names.isEmpty(), "--model_name_or_path is missing: name the directories of models");
        for (var name : names) {
            problems.check(() -> {
                if (named(name).folder().toString().startsWith(BASELINE) && !name.startsWith(BASELINE)) {
                    throw LeewayException.usage("--model_name_or_path: a baseline keeps its own name in results; write %s for %s",
                        named(name).folder(), name);
                }
                if (Baseline.named(name).isEmpty() && !Files.isDirectory(named(name).folder())) {
                    throw LeewayException.usage("--model_name_or_path: %s is no folder", named(name).folder());
                }
            });
        }
        problems.require(checkpoints.isEmpty() || names.isEmpty() || !names.stream().allMatch(name -> name.startsWith(BASELINE)),
            "--checkpoints has no effect on baselines; name a model, or leave it out");
        problems.require(maxLength > 1, "--max_length must be at least 2; got %d", maxLength);
        reference.ifPresent(folder -> problems.require(Files.isDirectory(folder), "--reference_model: %s is no folder", folder));
        problems.require(steps().stream().allMatch(step -> step.equals(FINAL) || step.equals("all") && steps().size() == 1
            || step.matches("\\d{1,9}")), "--checkpoints must be all, or steps with commas between, final among them or not; got %s",
            checkpoints.orElse(""));
    }

    private List<String> steps() {
        return checkpoints.map(given -> List.of(given.split(","))).orElse(List.of(FINAL));
    }

    private static Named named(String given) {
        int equals = given.indexOf('=');
        var whole = Path.of(given);
        if (equals > 0 && !Files.isDirectory(whole)) {
            return new Named(given.substring(0, equals), Path.of(given.substring(equals + 1)));
        }
        return new Named("", whole);
    }

    /** All of them, with the hashes of their files; nothing is opened yet. */
    List<Candidate> candidates(DtypeOptions dtype, int lanes, Device device) {
        var candidates = new ArrayList<Candidate>();
        for (var name : names) {
            var baseline = Baseline.named(name);
            if (baseline.isPresent()) {
                candidates.add(Candidate.of(baseline.get()));
            } else {
                var model = named(name);
                folders(model.folder()).forEach(folder -> candidates.add(renamed(model, folder, candidate(folder, dtype, lanes, device))));
            }
        }
        return candidates;
    }

    private static Candidate renamed(Named model, Path folder, Candidate candidate) {
        if (model.name().isEmpty()) {
            return candidate;
        }
        var name = folder.equals(model.folder()) ? model.name() : model.name() + "/" + folder.getFileName();
        return new Candidate(name, candidate.hash(), candidate.details(), candidate.ability(), candidate.opener());
    }

    private List<Path> folders(Path model) {
        var complete = CheckpointStore.complete(model).stream().map(CheckpointStore.Found::folder).toList();
        if (checkpoints.filter("all"::equals).isPresent()) {
            if (complete.isEmpty()) {
                throw LeewayException.data("--checkpoints: %s has no checkpoints; leave it out, or keep some when training", model);
            }
            var all = new ArrayList<>(complete);
            if (Files.exists(model.resolve("config.json")) || AdapterSource.isAdapter(model)) {
                all.add(model);
            }
            return all;
        }
        return steps().stream().map(step -> step.equals(FINAL) ? model : complete.stream().filter(folder -> folder.getFileName().toString()
            .equals(CHECKPOINT + step)).findFirst().orElseThrow(() -> LeewayException.data("--checkpoints: %s has no whole checkpoint-%s; "
                + "it has %s", model, step, complete.isEmpty() ? "none" : complete.stream().map(Path::getFileName).map(Path::toString)
                    .collect(Collectors.joining(", "))))).toList();
    }

    private Candidate candidate(Path folder, DtypeOptions dtype, int lanes, Device device) {
        var source = AdapterSource.find(folder, Optional.empty());
        return EngineSubject.candidate(new EngineSubject.Model(source.base(), source.adapter()),
            new EngineSubject.Room(maxLength, lanes), dtype.of(ModelDirectory.open(source.base())), device);
    }

    /** The second model, which must be a language model; nothing is opened yet. */
    Optional<Candidate> reference(DtypeOptions dtype, int lanes, Device device) {
        var candidate = reference.map(folder -> candidate(folder, dtype, lanes, device));
        if (candidate.filter(found -> found.ability() == Candidate.Ability.RATING).isPresent()) {
            throw LeewayException.usage("--reference_model %s is a reward model; name a language model", reference.orElseThrow());
        }
        return candidate;
    }

    /** For people. */
    static String text(List<Candidate> candidates) {
        return Arrays.toString(candidates.stream().map(Candidate::name).toArray()).replaceAll("^\\[|]$", "");
    }
}
