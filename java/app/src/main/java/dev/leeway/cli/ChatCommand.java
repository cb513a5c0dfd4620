package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.text.Tokenizer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway chat}: a conversation with a model, by its own chat template. */
@Command(name = "chat", description = {"Talks with a model, or with a model and its adapter, by the model's own chat template.",
    "Every line of standard input is a turn; the answers, one newline behind each, are all that goes to standard output. /system TEXT sets "
        + "the system's words and starts anew, /reset starts anew, /exit or the end of the input ends."})
final class ChatCommand implements Callable<Integer> {

    private static final int MAX_LENGTH = 4096;

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--system", paramLabel = "TEXT", description = "what the system says before the first turn (default: nothing)")
    private Optional<String> system = Optional.empty();

    @Option(names = "--max_new_tokens", paramLabel = "N", description = "tokens an answer has at most (default: 512)")
    private int maxNewTokens = 512;

    @Option(names = "--max_length", paramLabel = "N",
        description = "tokens the whole conversation may have (default: 4096, or the model's limit if that is smaller)")
    private Optional<Integer> maxLength = Optional.empty();

    @Mixin
    private final GenerationOptions generation = new GenerationOptions();

    @Override
    public Integer call() {
        check();
        var source = model.source();
        var directory = ModelDirectory.open(source.base());
        var format = source.adapter().flatMap(ChatFormat::ofModel).or(() -> ChatFormat.ofModel(source.base()))
            .orElseThrow(() -> LeewayException.data("%s has no chat template (chat_template.jinja, or chat_template in "
                + "tokenizer_config.json), so nothing says how it is talked to; name a chat model, or continue a text with leeway generate",
                source.base()));
        int length = Math.min(maxLength.orElse(MAX_LENGTH), directory.config().maxPositionEmbeddings());
        try (var tokenizer = Tokenizer.load(directory.path())) {
            generation.withSession(source, directory, length, spec, session -> chat(session, new ChatPrompt(format, tokenizer)));
        }
        return 0;
    }

    private void check() {
        var problems = new Problems();
        model.check(problems);
        problems.require(maxNewTokens > 0, "--max_new_tokens must be positive; got %d", maxNewTokens);
        maxLength.ifPresent(length -> problems.require(length >= 2, "--max_length must be at least 2; got %d", length));
        generation.check(problems);
        problems.throwIfAny();
    }

    private void chat(InferenceSession session, ChatPrompt prompt) {
        var request = new Generator.Request(generation.sampling.parameters(), maxNewTokens, prompt.tokenizer().endIds());
        var screen = new Chat.Screen(spec.commandLine().getOut(), spec.commandLine().getErr(), StandardOutput.isTerminal());
        var chat = new Chat(session, prompt, request, screen);
        chat.begin(system);
        chat.run(new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)));
    }
}
