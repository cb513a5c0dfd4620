package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.ModelHash;
import dev.leeway.study.Analysis;
import dev.leeway.study.Basis;
import dev.leeway.study.Declaration;
import dev.leeway.study.Overrides;
import dev.leeway.study.Plan;
import dev.leeway.study.Plant;
import dev.leeway.study.Scale;
import dev.leeway.study.Studies;
import dev.leeway.study.Study;
import dev.leeway.study.StudyFolder;
import dev.leeway.study.toy.ToyMaterials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which study, how large, from what. */
final class StudyOptions implements Checked {

    @Parameters(index = "0", paramLabel = "NAME", arity = "0..1", description = "the study; leeway study list has them all")
    Optional<String> name = Optional.empty();

    @Option(names = "--output_dir", paramLabel = "DIR", description = "folder of the study: what is in it is not done again")
    Optional<Path> output = Optional.empty();

    @Option(names = "--store", paramLabel = "DIR", description = "folder of rows, trainings and exams, which studies may share: what they "
        + "have in common is done once (default: --output_dir)")
    Optional<Path> store = Optional.empty();

    @Option(names = "--scale", paramLabel = "SCALE", description = "smoke = seconds, toy = minutes on two cores, full = the paper's own "
        + "(default: toy)")
    String scale = "toy";

    @Option(names = "--seeds", paramLabel = "N[,N…]", split = ",", hideParamSyntax = true,
        description = "of its replications: every arm is trained with each (default: the study's own)")
    List<Long> seeds = List.of();

    @Option(names = "--planted", paramLabel = "WHAT", description = "effect or nothing: the same question put to toy models whose answer "
        + "is known, to see that the study tells it")
    Optional<String> planted = Optional.empty();

    @Option(names = "--flops_per_second", paramLabel = "N", description = "of the machine that leeway study plan is for, such as 4e14 "
        + "(default: measured here)")
    Optional<Double> flopsPerSecond = Optional.empty();

    @Option(names = "--all_as", paramLabel = "ARM", description = "an A/A study: every arm is trained as this one with luck of its own, so "
        + "that contrasts are significant as often as alpha says")
    Optional<String> allAs = Optional.empty();

    @Option(names = "--dry_run", description = "go through all of it with two steps of every training and two items of every exam, as one "
        + "seed: every file is read and every training takes its memory; with --judge_model scripted:… nobody is asked")
    boolean dryRun;

    @Option(names = "--model_name_or_path", paramLabel = "DIR", description = "the base model of a study at full scale")
    Optional<Path> base = Optional.empty();

    @Option(names = "--reference_model", paramLabel = "DIR", description = "a second model that some exams compare with, such as GPT-2 for "
        + "sociot")
    Optional<Path> reference = Optional.empty();

    @Option(names = "--data", paramLabel = "DIR", description = "folder of the data of a study at full scale; leeway study list says what "
        + "is in it")
    Optional<Path> data = Optional.empty();

    @Option(names = "--batch_size", paramLabel = "N", description = "answers that are made at once; results do not depend on it "
        + "(default: 64)")
    int batchSize = 64;

    @ArgGroup(validate = false, heading = "%nOtherwise than the study has it, which its seal tells:%n")
    final OverrideOptions overrides = new OverrideOptions();

    @Mixin
    final DtypeOptions dtype = new DtypeOptions();

    @ArgGroup(validate = false, heading = "%nJudge:%n")
    final EvalJudgeOptions judge = new EvalJudgeOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    final DeviceOptions device = new DeviceOptions();

    /** Contents of data, of the base model and of rows that are made are hashed once. */
    private Optional<Overrides.Applied> applied = Optional.empty();
    private Optional<Plan> planned = Optional.empty();
    private Optional<DataPaths> paths = Optional.empty();

    @Override
    public void check(Problems problems) {
        problems.require(name.isPresent(), "name a study; leeway study list has them all");
        name.ifPresent(given -> problems.check(() -> Studies.named(given)));
        problems.require(output.isPresent(), "--output_dir is missing: name a folder for the study");
        problems.check(this::scale);
        problems.check(this::plant);
        problems.require(planted.isEmpty() || scale.equals("toy"), "--planted has a size of its own; leave out --scale %s", scale);
        base.ifPresent(folder -> problems.require(Files.isDirectory(folder), "--model_name_or_path: %s is no folder", folder));
        reference.ifPresent(folder -> problems.require(Files.isDirectory(folder), "--reference_model: %s is no folder", folder));
        data.ifPresent(folder -> problems.require(Files.isDirectory(folder), "--data: %s is no folder", folder));
        checkScale(problems);
        problems.require(batchSize > 0, "--batch_size must be positive; got %d", batchSize);
        problems.require(seeds.stream().distinct().count() == seeds.size(), "--seeds names one twice: %s", seeds);
        flopsPerSecond.ifPresent(rate -> problems.require(rate > 0 && Double.isFinite(rate), "--flops_per_second must be positive; got %s",
            rate));
        overrides.check(problems);
        if (problems.isEmpty()) { // else nobody knows what study it is
            problems.check(this::study);
        }
        judge.check(problems);
        dtype.check(problems);
        device.check(problems);
    }

    /** What only a study at full scale begins with. */
    private void checkScale(Problems problems) {
        if (scale.equals("smoke") || scale.equals("toy")) {
            var of = planted.map(_ -> "with --planted").orElse("at --scale " + scale);
            Map.of("--data", data, "--model_name_or_path", base, "--reference_model", reference).entrySet().stream()
                .filter(given -> given.getValue().isPresent()).map(Map.Entry::getKey).sorted().forEach(option -> problems.add(option
                + " has no place " + of + ", where a study makes its own models and data; leave it out, or ask for --scale full"));
        }
    }

    Scale scale() {
        return named("--scale", Scale.values(), scale);
    }

    private Optional<Plant> plant() {
        return planted.map(what -> named("--planted", Plant.values(), what));
    }

    private static <T extends Enum<T>> T named(String option, T[] values, String given) {
        var names = Stream.of(values).map(value -> value.name().toLowerCase(Locale.ROOT)).toList();
        if (!names.contains(given)) {
            throw LeewayException.usage("%s must be one of %s; got %s", option, String.join(", ", names), given);
        }
        return values[names.indexOf(given)];
    }

    /** The study's declaration. */
    Declaration declaration() {
        return Studies.named(name.orElseThrow());
    }

    /** The study's folder with its store. */
    StudyFolder folder() {
        return new StudyFolder(output.orElseThrow(), store.orElse(output.orElseThrow()));
    }

    /** Paths below --data. */
    DataPaths paths() {
        paths = Optional.of(paths.orElseGet(() -> new DataPaths(data.orElse(Path.of("")))));
        return paths.get();
    }

    /** What would be done. */
    Plan plan() {
        planned = Optional.of(planned.orElseGet(() -> Plan.of(study(), basis())));
        return planned.get();
    }

    /** What it would be done on. */
    Basis basis() {
        return new Basis(base.filter(StudyOptions::hasWeights).map(ModelHash::of), device.kind(), dtype.dtype,
            Optional.of(new ToyMaterials()));
    }

    /** A plan is content with a model's configuration. */
    private static boolean hasWeights(Path model) {
        try (var files = Files.list(model)) {
            return files.anyMatch(file -> file.toString().endsWith(".safetensors"));
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", model, unreadable.getMessage());
        }
    }

    /** What was asked for, and what became of parts that nobody named. */
    Overrides.Applied applied() {
        applied = Optional.of(applied.orElseGet(this::apply));
        return applied.get();
    }

    private Overrides.Applied apply() {
        var whole = plant().map(declaration()::planted).orElseGet(() -> declaration().at(scale(), data.orElse(Path.of(""))));
        var compared = allAs.map(whole::alike).orElse(whole);
        var wanted = overrides.overrides().apply(seeds.isEmpty() ? compared : compared.withSeeds(seeds));
        StageOptions.requireKnown(wanted.study());
        // A dry run has the last word: it is short whatever is wanted otherwise.
        return new Overrides.Applied(paths().named(dryRun ? wanted.study().dryRun() : wanted.study()), wanted.said());
    }

    /** What was asked for. */
    Study study() {
        return applied().study();
    }

    /** What the study tells beside its contrasts; it is about all arms. */
    List<Analysis> analyses() {
        return overrides.arms.isEmpty() && allAs.isEmpty() ? declaration().analyses() : List.of();
    }
}
