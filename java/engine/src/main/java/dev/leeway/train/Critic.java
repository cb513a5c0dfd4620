package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelPlan;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import java.util.Optional;

/** A value model that is trained beside the policy, and what moves its weights. */
record Critic(Llama model, AdamW optimizer) {

    /** Plans the value model of a session of this policy. */
    static Critic plan(ModelConfig policy, TrainingSession.Settings settings, Device device, MemoryPlan memory) {
        var value = settings.valueModel().orElseThrow();
        requireFits(policy, value.config(), settings.maxLength());
        var training = Capacity.training(settings.rows(), settings.rows()); // a value is read at any position
        var plan = new ModelPlan(memory, settings.gradientCheckpointing() ? training.withGradientCheckpointing() : training,
            ModelPlan.Trained.BASE, Optional.empty(), settings.dtype());
        var model = new Llama(value.config(), settings.maxLength(), device,
            value.optimizer().storage().stochasticRounding() ? plan.withoutMasters() : plan);
        return new Critic(model, new AdamW(device, model.trainedParameters(), value.optimizer(), AdamW::decaysByDefault, memory));
    }

    /** Refuses a value model that can't read all that the policy writes. */
    private static void requireFits(ModelConfig policy, ModelConfig value, int maxLength) {
        if (value.vocabSize() < policy.vocabSize()) {
            throw LeewayException.usage("the value model has a vocabulary of %d, the policy one of %d; they must share a tokenizer: name "
                + "another reward or value model", value.vocabSize(), policy.vocabSize());
        }
        int positions = Math.min(maxLength, policy.maxPositionEmbeddings());
        if (value.maxPositionEmbeddings() < positions) {
            throw LeewayException.usage("the value model reads %d positions, and prompt and completion may take %d; shorten max_length or "
                + "max_completion_length, or name another reward or value model", value.maxPositionEmbeddings(), positions);
        }
    }
}
