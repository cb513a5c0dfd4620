package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.EngineSubject;
import dev.leeway.eval.Subject;
import dev.leeway.eval.TokenTexts;
import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.Dictionary;
import dev.leeway.eval.reward.FamilyComparison;
import dev.leeway.eval.reward.ProbePrompt;
import dev.leeway.eval.reward.RewardReader;
import dev.leeway.eval.reward.RewardTable;
import dev.leeway.io.AtomicFile;
import dev.leeway.model.ModelDirectory;
import dev.leeway.stats.Permutation;
import dev.leeway.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway probe reward}: which words a reward model prefers as answers. */
@Command(name = "reward", description = {"Rates every word of a dictionary as the answer to every prompt with a reward model "
    + "(…ForSequenceClassification with one label), and says where the words of each category stand; or rates every text that a token "
    + "decodes to (--vocabulary).",
    "With --scores, tables of earlier runs or published ones are analysed, without a model; two families of models are compared."})
final class ProbeRewardCommand implements Callable<Integer>, Checked {

    /** What a table that is there has no use for. */
    private static final List<String> OF_MODELS = List.of("--adapter", "--dtype", "--device", "--kernels", "--threads",
        "--per_device_eval_batch_size");
    private static final int SHOWN = 15;
    private static final Permutation TEST = new Permutation(2000, 1);

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--scores", arity = "1..*", paramLabel = "FILE", description = "tables of rewards, or folders of them, instead of a "
        + "model: columns response and then one a prompt, the model's name behind _rewards_ in the file's")
    private List<Path> scores = List.of();

    @Option(names = "--dictionary", paramLabel = "FILE", description = "CSV with columns Category and token_decoded, or DicTerm and a "
        + "column a category marked with X")
    private Optional<Path> dictionary = Optional.empty();

    @Option(names = "--prompts", paramLabel = "FILE", description = "one 'key: text' a line; a key begins with best, greatest, good, worst,"
        + " terrible or bad")
    private Optional<Path> prompts = Optional.empty();

    @Option(names = "--prompt", paramLabel = "KEY", description = "only this prompt (default: all; with --vocabulary the first)")
    private Optional<String> key = Optional.empty();

    @Option(names = "--vocabulary", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL", description = "rate every text that a "
        + "token of the model's vocabulary decodes to, instead of the words of a dictionary (default: false)")
    private boolean vocabulary;

    @Option(names = "--output_dir", paramLabel = "DIR", description = "new or empty folder for the tables")
    private Optional<Path> output = Optional.empty();

    @Option(names = "--per_device_eval_batch_size", paramLabel = "N", description = "answers rated at once; changes no reward "
        + "(default: 32)")
    private int batchSize = 32;

    @Mixin
    private final DtypeOptions dtype = new DtypeOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public void check(Problems problems) {
        boolean isModel = model.path.isPresent();
        problems.require(isModel != !scores.isEmpty(), "name either a reward model with --model_name_or_path, or tables with --scores");
        problems.require(prompts.isPresent(), "--prompts is missing: name a file with one 'key: text' a line");
        problems.require(vocabulary != dictionary.isPresent(), "name either a --dictionary, or --vocabulary");
        problems.require(!vocabulary || isModel, "--vocabulary needs a model; --scores are of a dictionary's words");
        problems.require(!isModel || output.isPresent(), "--output_dir is missing: name a folder for the rewards");
        problems.require(batchSize > 0, "--per_device_eval_batch_size must be positive; got %d", batchSize);
        if (isModel) {
            model.check(problems);
        } else {
            var given = spec.commandLine().getParseResult();
            OF_MODELS.stream().filter(given::hasMatchedOption).forEach(option -> problems.add(option
                + " has no effect with --scores, which need no model; leave it out"));
        }
        prompts.ifPresent(file -> problems.requireReadable("--prompts", file));
        dictionary.ifPresent(file -> problems.requireReadable("--dictionary", file));
        scores.forEach(file -> problems.require(Files.exists(file), "--scores: %s does not exist", file));
        output.ifPresent(folder -> problems.require(isFree(folder), "--output_dir: %s has files; name another folder", folder));
        dtype.check(problems);
        device.check(problems);
    }

    private static boolean isFree(Path folder) {
        if (!Files.exists(folder)) {
            return true;
        }
        try (var files = Files.list(folder)) {
            return files.findAny().isEmpty();
        } catch (IOException notAFolder) {
            return false;
        }
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var all = ProbePrompt.read(prompts.orElseThrow());
        if (!scores.isEmpty()) {
            chosen(all);
            tell(tables(), all);
        } else if (vocabulary) {
            withModel(subject -> scan(subject, chosen(all).getFirst()));
        } else {
            withModel(subject -> rate(subject, chosen(all)));
        }
        return 0;
    }

    private List<ProbePrompt> chosen(List<ProbePrompt> all) {
        var kept = all.stream().filter(prompt -> key.isEmpty() || prompt.key().equals(key.get())).toList();
        if (kept.isEmpty()) {
            throw LeewayException.usage("--prompt: %s has no %s; it has %s", prompts.orElseThrow(), key.orElseThrow(),
                all.stream().map(ProbePrompt::key).toList());
        }
        return kept;
    }

    /** What a model is asked for. */
    private interface Work {
        void with(Subject subject);
    }

    private void withModel(Work work) {
        var source = model.source();
        var directory = ModelDirectory.open(source.base());
        if (!directory.config().isClassifier()) {
            throw LeewayException.usage("--model_name_or_path: %s is a language model and gives no reward; name a "
                + "…ForSequenceClassification directory, such as leeway reward makes", source.base());
        }
        try (var opened = device.open(); var subject = EngineSubject.candidate(new EngineSubject.Model(source.base(), source.adapter()),
                new EngineSubject.Room(512, batchSize), dtype.of(directory), opened).opener().get()) {
            work.with(subject);
        }
    }

    private void rate(Subject subject, List<ProbePrompt> asked) {
        var words = Dictionary.read(dictionary.orElseThrow());
        var progress = new Progress(err(), (long) words.categories().size() * asked.size());
        var table = new RewardReader(subject, batchSize, progress::done).table(words, asked);
        write(RewardTable.fileName("probe", table.model()), table.csv());
        tell(List.of(table), asked);
    }

    private void scan(Subject subject, ProbePrompt prompt) {
        Map<String, Integer> texts;
        try (var tokenizer = Tokenizer.load(model.source().base())) {
            texts = TokenTexts.of(tokenizer, tokenizer.vocabSize()).distinct();
        }
        var scan = new RewardReader(subject, batchSize, new Progress(err(), texts.size())::done).scan(prompt, texts);
        write("vocabulary_" + prompt.key() + ".csv", scan.csv());
        out(ProbeText.scan(prompt.key(), scan, SHOWN));
    }

    private List<RewardTable> tables() {
        var files = new ArrayList<Path>();
        for (var named : scores) {
            try (var inside = Files.isDirectory(named) ? Files.list(named) : Stream.of(named)) {
                inside.filter(file -> !Files.isDirectory(file)).sorted().forEach(files::add);
            } catch (IOException unreadable) {
                throw LeewayException.data(unreadable, "--scores: %s can't be read: %s", named, unreadable.getMessage());
            }
        }
        if (files.isEmpty()) {
            throw LeewayException.data("--scores: %s %s no files; name tables of rewards, or folders that have some",
                scores.stream().map(Path::toString).collect(Collectors.joining(", ")), scores.size() == 1 ? "has" : "have");
        }
        return files.stream().map(RewardTable::read).toList();
    }

    private void tell(List<RewardTable> tables, List<ProbePrompt> known) {
        var words = Dictionary.read(dictionary.orElseThrow());
        var ranks = tables.stream().flatMap(table -> CategoryRank.of(table, words, known).stream())
            .filter(rank -> key.isEmpty() || rank.prompt().key().equals(key.get())).toList();
        tables.forEach(table -> unlabelled(table, words));
        out(ProbeText.ranks(ranks, tables.getFirst().within(words).words().size()));
        write("ranks.csv", ProbeText.ranksFile(ranks));
        if (ranks.stream().map(CategoryRank::family).distinct().count() == 2) {
            out("\n" + ProbeText.compared(FamilyComparison.of(ranks, TEST)));
        }
    }

    private void unlabelled(RewardTable table, Dictionary words) {
        var without = table.words().stream().filter(word -> words.category(word).isEmpty()).toList();
        if (!without.isEmpty()) {
            err().println("  left out  " + without.size() + (without.size() == 1 ? " word of " : " words of ")
                + table.model() + " that the dictionary lacks: "
                + String.join(", ", without.subList(0, Math.min(5, without.size()))) + (without.size() > 5 ? ", …" : ""));
        }
    }

    private void write(String name, String text) {
        output.ifPresent(folder -> {
            AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
            err().println("  wrote     " + folder.resolve(name));
        });
    }

    private void out(String text) {
        spec.commandLine().getOut().print(text + "\n");
        spec.commandLine().getOut().flush();
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** A line now and then. */
    private static final class Progress {

        private static final double SECONDS_BETWEEN = 5;

        private final PrintWriter err;
        private final long total;
        private final long begin = System.nanoTime();
        private double toldAt;
        private long done;

        Progress(PrintWriter err, long total) {
            this.err = err;
            this.total = total;
        }

        void done(int answers) {
            done += answers;
            double seconds = (System.nanoTime() - begin) * 1e-9;
            if (seconds - toldAt >= SECONDS_BETWEEN || done == total) {
                toldAt = seconds;
                err.println(String.format(Locale.ROOT, "  %,d of %,d answers, %.1f a second, ETA %s", done, total, done / seconds,
                    Figures.duration((total - done) * seconds / done)));
            }
        }
    }
}
