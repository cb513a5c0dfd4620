package dev.leeway.rollout;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Says how probable every token of the vocabulary is behind a prompt, with the weights as they are at the moment, at temperature 1 and
 * without dropout. One prompt is read at a time, so no prompt changes a bit of another's answer.
 */
public final class NextTokens {

    private final Llama model;
    private final Passes passes;

    /**
     * For prompts of at most {@code rows} tokens.
     *
     * @param model a language model whose planned capacity is at least that
     */
    public NextTokens(Llama model, int rows) {
        this.model = model;
        this.passes = new Passes(model, rows, 1);
    }

    /**
     * For each prompt (V) ln p(token | prompt) in nats: the logits of its last position in fp32, their log-softmax in double.
     *
     * @throws LeewayException if a prompt is empty, is longer than the model or a forward pass can take, or has a token id outside the
     *     vocabulary, or if the model is a sequence classifier; nothing is computed then
     */
    public List<double[]> logProbs(List<int[]> prompts) {
        if (model.config().isClassifier()) {
            throw LeewayException.usage("this model is a sequence classifier and gives tokens no probability; name a …ForCausalLM "
                + "directory");
        }
        for (int i = 0; i < prompts.size(); i++) {
            requireFit(i, prompts.get(i));
        }
        var plan = new MemoryPlan();
        var logits = plan.reserve(Purpose.HEAD, "next.logits", DType.F32, 1, model.config().vocabSize());
        try (var _ = plan.allocate(model.device())) {
            var found = new ArrayList<double[]>(prompts.size());
            prompts.forEach(prompt -> found.add(logProbs(prompt, logits)));
            return found;
        }
    }

    private void requireFit(int index, int[] prompt) {
        if (prompt.length == 0 || prompt.length > passes.longest()) {
            throw LeewayException.usage("prompt %d has %d tokens; from 1 to %d are expected: shorten it, or plan more rows and positions",
                index + 1, prompt.length, passes.longest());
        }
        passes.requireTokens(index, prompt, 1);
    }

    private double[] logProbs(int[] prompt, Tensor logits) {
        model.forward(Batch.of(List.of(new Batch.Sequence(prompt, new boolean[prompt.length], 0))));
        model.logits(new int[] {prompt.length - 1}, prompt.length, logits);
        return logSoftmax(model.device().floats(logits));
    }

    /** z − ln Σ exp z, the largest z taken out of the sum. */
    private static double[] logSoftmax(float[] logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        double normaliser = most + Math.log(sum);
        var logProbs = new double[logits.length];
        for (int v = 0; v < logits.length; v++) {
            logProbs[v] = logits[v] - normaliser;
        }
        return logProbs;
    }
}
