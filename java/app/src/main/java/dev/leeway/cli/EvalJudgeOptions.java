package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.judge.CachedJudge;
import dev.leeway.judge.Judge;
import dev.leeway.judge.Question;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import dev.leeway.tensor.Device;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * Who judges answers to benchmarks: one or several, each asked everything. {@code scripted:TEXT|TEXT…} is no model but one of these texts,
 * chosen by a hash of the question: what a run does before it costs anything.
 */
final class EvalJudgeOptions extends JudgeModelOptions {

    private static final String SCRIPTED = "scripted:";
    /** Of the option that a script prefers; the others share the rest. */
    private static final double PREFERRED = 0.7;

    @Option(names = "--judge_model", paramLabel = "JUDGE[,JUDGE…]", hideParamSyntax = true,
        description = "language models' directories, or with --judge_endpoint models' names there, with commas between, each asked "
        + "everything; or scripted:TEXT|TEXT…, which answers with one of these texts by a hash of the question, for a dry run")
    void name(String given) {
        model = Optional.ofNullable(given);
    }

    /** Reports what can be known to be wrong before anything is asked. */
    void check(Problems problems) {
        problems.require(model.isPresent() || areAbsent(), "--judge_model is missing: name the directories of models that judge, or their "
            + "names at --judge_endpoint, or scripted:TEXT|TEXT… for a dry run");
        checkLimits(problems);
        problems.require(!isScripted() || Stream.of(endpoint, cache, maxTokens, maxLength, calls, tokens).allMatch(Optional::isEmpty),
            "--judge_endpoint, --judge_cache, --judge_max_… and --judge_budget_… have no effect with --judge_model scripted:…; leave them "
                + "out");
        names().forEach(name -> problems.check(() -> {
            if (!name.startsWith(SCRIPTED)) {
                requireJudge(name);
            } else if (texts(name).stream().anyMatch(String::isBlank)) {
                throw LeewayException.usage("--judge_model %s has no text to answer with; give some, such as scripted:GRADE: C|GRADE: I",
                    name);
            }
        }));
        problems.require(names().stream().distinct().count() == names().size(), "--judge_model names a judge twice: %s",
            model.orElse(""));
    }

    /** Every judge's name; a script's texts may have commas, so a script is named alone. */
    List<String> names() {
        return model.stream().flatMap(given -> given.startsWith(SCRIPTED) ? Stream.of(given) : Arrays.stream(given.split(","))).toList();
    }

    private static List<String> texts(String name) {
        return List.of(name.substring(SCRIPTED.length()).split("\\|", -1));
    }

    /** Whether no model judges. */
    boolean isScripted() {
        return names().stream().anyMatch(name -> name.startsWith(SCRIPTED));
    }

    /** All of them behind their caches; close them. */
    List<Judge> openAll(Path output, int lanes, DType dtype, Device device) {
        var judges = new ArrayList<Judge>();
        try {
            for (var name : names()) {
                judges.add(name.startsWith(SCRIPTED) ? scripted(texts(name)) : cached(open(name, lanes, dtype, device), output,
                    judges.size()));
            }
            return List.copyOf(judges);
        } catch (Throwable failure) {
            judges.forEach(Judge::close);
            throw failure;
        }
    }

    /** All of them by name, without a model: they say who they are, and nothing else. */
    List<Judge> named(int lanes, DType dtype) {
        return names().stream().<Judge>map(name -> name.startsWith(SCRIPTED) ? scripted(texts(name))
            : new NamedJudge(id(name, lanes, dtype))).toList();
    }

    /** The first judge has the file that was named; the others have their number in it. */
    private Judge cached(Judge judge, Path output, int number) {
        try {
            var file = cache.orElse(output.resolve(CACHE));
            return new CachedJudge(judge, number == 0 ? file : file.resolveSibling(file.getFileName().toString()
                .replaceFirst("(\\.[^.]*)?$", "-" + (number + 1) + "$1")));
        } catch (Throwable failure) {
            judge.close();
            throw failure;
        }
    }

    /** One of some texts by the question's hash; of options one by the same hash, with 0.7. */
    static Judge scripted(List<String> texts) {
        return new ScriptedJudge("one of " + texts, question -> {
            int number = number(question);
            var options = new HashMap<String, Double>();
            int count = question.options().size();
            for (int i = 0; i < count; i++) {
                boolean isPreferred = i == number % count;
                options.put(question.options().get(i), Math.log(count == 1 ? 1 : isPreferred ? PREFERRED : (1 - PREFERRED) / (count - 1)));
            }
            return new Verdict.Given(texts.get(number % texts.size()), false, options, Verdict.Usage.NONE);
        });
    }

    private static int number(Question question) {
        var hash = Fingerprint.of(question.template() + "\n" + question.input() + "\n" + question.options() + "\n" + question.seed());
        return ByteBuffer.wrap(HexFormat.of().parseHex(hash)).getInt() >>> 1;
    }
}
