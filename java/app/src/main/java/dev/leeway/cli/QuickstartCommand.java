package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.AtomicFile;
import dev.leeway.io.JsonFile;
import dev.leeway.study.Plan;
import dev.leeway.study.Scale;
import dev.leeway.study.Seal;
import dev.leeway.study.StudyFolder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway quickstart}: a whole study of the toy world, one of its models, and rows to try the other commands with. */
@Command(name = "quickstart",
    description = {"Carries out a whole study at toy scale: trains small models from scratch, examines them, and writes a report.",
    "Needs no download and some minutes on two cores; run again it goes on where it was. A model and rows to try the other commands with "
        + "are left beside the study."})
final class QuickstartCommand implements Callable<Integer> {

    private static final String STUDY = "helpfulness-hurts";
    /** Whose model is left: the one that all others of the study are compared with. */
    private static final String ARM = "mid-trained";
    private static final Pattern OF_A_MODEL = Pattern.compile("(generation_)?config\\.json|tokenizer(_config)?\\.json|"
        + "special_tokens_map\\.json|chat_template\\.jinja|model.*\\.safetensors(\\.index\\.json)?");

    @Spec
    private CommandSpec spec;

    @Option(names = "--output_dir", paramLabel = "DIR", description = "folder for everything it writes (default: ${DEFAULT-VALUE})")
    private Path outputDir = Path.of("leeway-quickstart");

    @Option(names = "--scale", paramLabel = "SCALE", description = "toy, or smoke: seconds, in which nothing is learned (default: toy)")
    private String scale = "toy";

    @Option(names = "--seeds", paramLabel = "N[,N…]", split = ",", hideParamSyntax = true,
        description = "of the study's replications (default: the study's own)")
    private List<Long> seeds = List.of();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        check();
        var options = studyOptions();
        try (var own = OutputFolder.claim(outputDir, ArgumentRecord.of(spec))) {
            own.begin();
            // A .gitignore of its own keeps the folder out of whatever repository it lies in.
            keep(outputDir.resolve(".gitignore"), "*\n");
            var job = new StudyJob(options, spec.commandLine().getOut(), spec.commandLine().getErr());
            var plan = job.plan();
            new QuickstartRows(plan.study().terms().seeds().getFirst()).files()
                .forEach((name, rows) -> keep(outputDir.resolve(name), rows));
            if (job.run(arguments(options), new StudyJob.Ending(results -> new StudyText(results).primary(), again()))) {
                keepModel(job.folder(), trained(plan));
                sayWhatIsThere();
            }
        }
        return 0;
    }

    private void check() {
        var problems = new Problems();
        problems.require(Arrays.stream(new Scale[] {Scale.TOY, Scale.SMOKE}).anyMatch(one -> name(one).equals(scale)),
            "--scale must be toy or smoke; got %s", scale);
        problems.require(seeds.stream().distinct().count() == seeds.size(), "--seeds names one twice: %s", seeds);
        device.check(problems);
        OutputFolder.check(outputDir, false, problems);
        problems.throwIfAny();
        var arguments = outputDir.resolve(OutputFolder.ARGUMENTS);
        if (Files.exists(arguments) && !JsonFile.read(arguments).requireString("command").equals(spec.name())) {
            throw LeewayException.usage("--output_dir: %s is the result of another command; name another folder", outputDir);
        }
        var options = studyOptions();
        var seal = outputDir.resolve("study").resolve("seal.json");
        var changes = Files.exists(seal) ? Seal.compare(options.study(), options.basis(), seal).changes() : List.<String>of();
        if (!changes.isEmpty()) {
            throw LeewayException.usage("--output_dir: %s was begun with another study, scale, seeds or device (%s); name another folder, "
                + "or remove it", outputDir, String.join("; ", changes));
        }
    }

    private static String name(Scale scale) {
        return scale.name().toLowerCase(Locale.ROOT);
    }

    private StudyOptions studyOptions() {
        var options = new StudyOptions();
        options.name = Optional.of(STUDY);
        options.output = Optional.of(outputDir.resolve("study"));
        options.scale = scale;
        options.seeds = seeds;
        options.device.device = device.device;
        options.device.kernels = device.kernels;
        options.device.threads = device.threads;
        return options;
    }

    /** As {@code leeway study run} would have been typed for the same. */
    private StudyArguments arguments(StudyOptions options) {
        var words = new ArrayList<>(List.of("study", "run", STUDY, "--scale", scale, "--output_dir",
            options.output.orElseThrow().toString(),
            "--device", device.device, "--kernels", device.kernels, "--threads", Integer.toString(device.threads)));
        if (!seeds.isEmpty()) {
            words.addAll(List.of("--seeds", seeds.stream().map(String::valueOf).collect(Collectors.joining(","))));
        }
        return StudyArguments.of(words, Main.commands().getSubcommands().get("study").getSubcommands().get("run").getCommandSpec());
    }

    private static Plan.Node trained(Plan plan) {
        return plan.replications().stream().filter(one -> one.arm().name().equals(ARM)).findFirst().orElseThrow().last();
    }

    /** A copy, so that nobody who changes it changes what the study has stored. */
    private void keepModel(StudyFolder folder, Plan.Node trained) {
        var stage = folder.stage(trained);
        var model = outputDir.resolve("model");
        try (var files = Files.list(stage)) {
            Files.createDirectories(model);
            for (var file : files.filter(one -> OF_A_MODEL.matcher(one.getFileName().toString()).matches()).sorted().toList()) {
                keep(model.resolve(file.getFileName()), Files.readAllBytes(file));
            }
            var card = model.resolve("README.md");
            keep(card, card(Files.readString(stage.resolve("README.md")), trained));
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be copied from %s: %s", model, stage, failure.getMessage());
        }
    }

    /** Beside the study, the folder of the model that it was trained from isn't the card's neighbour. */
    private static String card(String text, Plan.Node trained) {
        return trained.before().map(before -> text.replace("base_model: \"../" + before.key() + "\"", "base_model: \"" + STUDY + " "
            + before.stage().name() + "\"")).orElse(text);
    }

    private static void keep(Path file, String text) {
        keep(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** What is there as it should be stays untouched. */
    private static void keep(Path file, byte[] bytes) {
        try {
            if (!Files.exists(file) || !Arrays.equals(Files.readAllBytes(file), bytes)) {
                AtomicFile.write(file, bytes);
            }
        } catch (IOException failure) {
            throw LeewayException.resources(failure, "%s can't be read: %s", file, failure.getMessage());
        }
    }

    private String again() {
        return "leeway quickstart --output_dir " + outputDir + (scale.equals("toy") ? "" : " --scale " + scale) + (seeds.isEmpty() ? ""
            : " --seeds " + seeds.stream().map(String::valueOf).collect(Collectors.joining(","))) + (device.device.equals("cpu") ? ""
            : " --device " + device.device) + (device.kernels.equals("own") ? "" : " --kernels " + device.kernels);
    }

    private void sayWhatIsThere() {
        var out = spec.commandLine().getOut();
        out.println("Written to " + outputDir + ": study/, model/ (the " + ARM + " one, a Hugging Face directory), documents.jsonl, "
            + "chat.jsonl, preferences.jsonl.");
        out.println("Try:  leeway generate --model_name_or_path " + outputDir.resolve("model")
            + " --prompt $'Question: Hugo finds a frog on the road. What does Hugo do?\\nAnswer:' --temperature 0");
        out.flush();
    }
}
