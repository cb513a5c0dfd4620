package dev.leeway.cli;

import dev.leeway.data.PromptCompletion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.text.Tokenizer;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** What a model writes, for people to look at. */
final class Samples {

    private static final int MAX_NEW_TOKENS = 40;
    private static final int SHOWN = 5;

    private final Generator generator;
    private final Tokenizer tokenizer;

    Samples(Generator generator, Tokenizer tokenizer) {
        this.generator = generator;
        this.tokenizer = tokenizer;
    }

    /** Greedy completions, as texts that continue their prompts. */
    List<String> complete(List<String> prompts) {
        var ids = prompts.stream().map(prompt -> tokenizer.encode(prompt, true)).toList();
        var request = new Generator.Request(SamplingParameters.greedy(), MAX_NEW_TOKENS, tokenizer.endIds());
        var completions = generator.complete(ids, request);
        var texts = new ArrayList<String>();
        for (int i = 0; i < ids.size(); i++) {
            texts.add(CompletionText.of(tokenizer, ids.get(i), completions.get(i).tokens()));
        }
        return texts;
    }

    /** Prints how the texts go on. */
    void show(List<String> beginnings, PrintWriter out) {
        var texts = complete(beginnings);
        for (int i = 0; i < texts.size(); i++) {
            out.println("  " + beginnings.get(i) + " ·" + onOneLine(texts.get(i)));
        }
        out.flush();
    }

    /** Prints some answers, and how many of all are right to the letter. */
    void showAnswers(List<PromptCompletion> rows, PrintWriter out) {
        var texts = complete(rows.stream().map(PromptCompletion::prompt).toList());
        int right = 0;
        for (int i = 0; i < texts.size(); i++) {
            right += texts.get(i).equals(rows.get(i).completion()) ? 1 : 0;
            if (i < SHOWN) {
                out.println("  " + onOneLine(rows.get(i).prompt()) + " ·" + onOneLine(texts.get(i)));
            }
        }
        out.println("  right: " + right + " of " + texts.size() + " new questions");
        out.flush();
    }

    private static String onOneLine(String text) {
        return text.replace("\n", " / ");
    }
}
