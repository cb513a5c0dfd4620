package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.text.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway generate}: continues a prompt. */
@Command(name = "generate", description = {"Continues a prompt with a model, or with a model and its adapter.",
    "Standard output gets the completion alone, as it becomes certain, and one newline at its end."})
final class GenerateCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--prompt", paramLabel = "TEXT", description = "what to continue; an empty one is the begin-of-sequence token")
    private Optional<String> prompt = Optional.empty();

    @Option(names = "--max_new_tokens", paramLabel = "N", description = "tokens the completion has at most (default: 128)")
    private int maxNewTokens = 128;

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    @Override
    public Integer call() {
        check();
        var source = model.source();
        var directory = ModelDirectory.open(source.base());
        int positions = directory.config().maxPositionEmbeddings();
        try (var tokenizer = Tokenizer.load(directory.path())) {
            var tokens = promptTokens(tokenizer, prompt.orElseThrow(), directory);
            if (tokens.length >= positions) {
                throw LeewayException.usage("the prompt has %d tokens; %s takes fewer than %d; shorten it", tokens.length,
                    directory.path(), positions);
            }
            int length = (int) Math.min(positions, (long) tokens.length + maxNewTokens);
            generation.withSession(source, directory, length, spec, session ->
                warnIfCut(generate(session, tokenizer, tokens), positions));
        }
        return 0;
    }

    private void check() {
        var problems = new Problems();
        model.check(problems);
        problems.require(prompt.isPresent(), "--prompt is missing: give a text to continue, or \"\" to begin with nothing");
        problems.require(maxNewTokens > 0, "--max_new_tokens must be positive; got %d", maxNewTokens);
        generation.check(problems);
        problems.throwIfAny();
    }

    private Completion generate(InferenceSession session, Tokenizer tokenizer, int[] tokens) {
        var request = new Generator.Request(generation.sampling.parameters(), maxNewTokens, tokenizer.endIds());
        var text = new CompletionText(tokenizer, tokens);
        var out = spec.commandLine().getOut();
        var completion = session.generator().complete(List.of(tokens), request, (_, _, token) -> {
            if (!request.stopTokens().contains(token)) {
                out.print(text.next(token));
                out.flush();
            }
            return Generator.Verdict.GO_ON;
        }).getFirst();
        out.print(text.finish() + "\n");
        return completion;
    }

    private void warnIfCut(Completion completion, int positions) {
        if (completion.finish() == Completion.Finish.LENGTH && completion.tokens().length < maxNewTokens) {
            spec.commandLine().getErr().println("leeway generate: stopped after " + completion.tokens().length
                + " tokens, because the model has " + positions + " positions");
        }
    }

    /** The ids of a prompt; an empty one is begin-of-sequence. */
    static int[] promptTokens(Tokenizer tokenizer, String prompt, ModelDirectory directory) {
        var tokens = tokenizer.encode(prompt, true);
        if (tokens.length == 0) {
            tokens = new int[] {tokenizer.beginOfSequence().orElseThrow(() -> LeewayException.usage(
                "the prompt is empty and %s has no begin-of-sequence token to start from; give a prompt", directory.path()))};
        }
        for (int token : tokens) {
            if (token >= directory.config().vocabSize()) {
                throw LeewayException.data("the prompt has token id %d, but %s has vocab_size %d; tokenizer and model do not belong "
                    + "together", token, directory.path(), directory.config().vocabSize());
            }
        }
        return tokens;
    }
}
