package dev.leeway.train;

import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelPlan;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import java.util.Optional;

/** A value model that is trained beside the policy, and what moves its weights. */
record Critic(Llama model, AdamW optimizer) {

    static Critic plan(TrainingSession.Settings settings, TrainingSession.Settings.ValueModel value, Device device, MemoryPlan memory) {
        var training = Capacity.training(settings.rows(), settings.rows()); // a value is read at any position
        var plan = new ModelPlan(memory, settings.gradientCheckpointing() ? training.withGradientCheckpointing() : training,
            ModelPlan.Trained.BASE, Optional.empty(), settings.dtype());
        var model = new Llama(value.config(), settings.maxLength(), device,
            value.optimizer().storage().stochasticRounding() ? plan.withoutMasters() : plan);
        return new Critic(model, new AdamW(device, model.trainedParameters(), value.optimizer(), AdamW::decaysByDefault, memory));
    }
}
