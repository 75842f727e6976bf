"""What users of the SDK ask for: TrainJobs of every kind that its BuiltinTrainer can make."""

from dataclasses import dataclass, field
from typing import Any

from kubeflow.trainer import (
    BuiltinTrainer,
    DataFormat,
    DataType,
    HuggingFaceDatasetInitializer,
    HuggingFaceModelInitializer,
    Initializer,
    LoraConfig,
    Loss,
    S3DatasetInitializer,
    S3ModelInitializer,
    TorchTuneConfig,
    TorchTuneInstructDataset,
)
from kubeflow.trainer.options import ActiveDeadlineSeconds, Annotations, Labels, Name, RuntimePatch
from kubeflow.trainer.options.kubernetes import (
    ContainerPatch,
    JobSetSpecPatch,
    JobSetTemplatePatch,
    JobSpecPatch,
    JobTemplatePatch,
    PodSpecPatch,
    PodTemplatePatch,
    ReplicatedJobPatch,
    TrainingRuntimeSpecPatch,
)

LLAMA_1B, LLAMA_3B, QWEN = "torchtune-llama3.2-1b", "torchtune-llama3.2-3b", "torchtune-qwen2.5-1.5b"
ONE_GPU = {"gpu": 1}
_MADE_UP = "made-up"


@dataclass(frozen=True)
class Variant:
    """What `train` is called with; no config is no trainer."""

    config: TorchTuneConfig | None
    runtime: str = LLAMA_1B
    initializer: Initializer | None = None
    options: list[Any] = field(default_factory=list)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments, but for the name."""
        trainer = None if self.config is None else BuiltinTrainer(self.config)
        return {"runtime": self.runtime, "initializer": self.initializer, "trainer": trainer}


def patch(*jobs: str, annotations: dict[str, str] | None = None, **spec: Any) -> RuntimePatch:  # noqa: ANN401 - fields
    """Give annotations, and fields of their specification, to the pods of some of a runtime's jobs."""
    pod = PodTemplatePatch(
        metadata={"labels": {"team": "a"}, "annotations": annotations or {}},
        spec=PodSpecPatch(**spec) if spec else None,
    )
    template = JobTemplatePatch(spec=JobSpecPatch(template=pod))
    patches = [ReplicatedJobPatch(name=job, template=template) for job in jobs]
    jobset = JobSetTemplatePatch(spec=JobSetSpecPatch(replicated_jobs=patches))
    return RuntimePatch(training_runtime_spec=TrainingRuntimeSpecPatch(template=jobset))


def dataset(uri: str) -> Initializer:
    """Name a data set of the Hub, and a model that needs a token."""
    model = HuggingFaceModelInitializer(storage_uri="hf://meta-llama/Llama-3.2-1B-Instruct", access_token=_MADE_UP)
    return Initializer(dataset=HuggingFaceDatasetInitializer(storage_uri=uri), model=model)


VARIANTS = {
    "runtime-alone": Variant(None),
    "full": Variant(TorchTuneConfig()),
    "one-gpu": Variant(
        TorchTuneConfig(
            dtype=DataType.BF16,
            batch_size=4,
            epochs=2,
            loss=Loss.CEWithChunkedOutputLoss,
            resources_per_node={"gpu": 1, "cpu": "100m", "memory": "64Mi"},
        )
    ),
    "four-gpus": Variant(TorchTuneConfig(resources_per_node={"gpu": 4})),
    "memory-alone": Variant(TorchTuneConfig(resources_per_node={"cpu": "100m", "memory": "64Mi"})),
    "lora": Variant(
        TorchTuneConfig(
            peft_config=LoraConfig(apply_lora_to_mlp=True, lora_rank=64, lora_alpha=128, lora_dropout=0.1),
            resources_per_node=ONE_GPU,
        )
    ),
    "lora-two-nodes": Variant(TorchTuneConfig(num_nodes=2, peft_config=LoraConfig())),
    "qlora": Variant(TorchTuneConfig(peft_config=LoraConfig(quantize_base=True), resources_per_node=ONE_GPU)),
    "qlora-two-gpus": Variant(TorchTuneConfig(peft_config=LoraConfig(quantize_base=True))),
    "dora": Variant(
        TorchTuneConfig(
            peft_config=LoraConfig(use_dora=True, quantize_base=False, lora_attn_modules=["q_proj"]),
            resources_per_node=ONE_GPU,
        )
    ),
    "dataset-folder": Variant(
        TorchTuneConfig(
            dataset_preprocess_config=TorchTuneInstructDataset(source=DataFormat.PARQUET, split="train[:95%]")
        ),
        initializer=dataset("hf://tatsu-lab/alpaca/data/train"),
    ),
    "dataset-file": Variant(
        TorchTuneConfig(dataset_preprocess_config=TorchTuneInstructDataset(source=DataFormat.PARQUET)),
        initializer=dataset("hf://tatsu-lab/alpaca/data/train-00000-of-00001.parquet"),
    ),
    "columns-and-prompt": Variant(
        TorchTuneConfig(
            dataset_preprocess_config=TorchTuneInstructDataset(
                source=DataFormat.JSON,
                train_on_input=False,
                new_system_prompt='You\'re a "helpful" assistant; be {brief}',
                column_map={"input": "question text", "output": "answer's text"},
            )
        ),
        initializer=dataset("hf://tatsu-lab/alpaca"),
    ),
    "s3": Variant(
        TorchTuneConfig(resources_per_node=ONE_GPU),
        initializer=Initializer(
            dataset=S3DatasetInitializer(storage_uri="s3://data/alpaca", region="us-east-1", ignore_patterns=["*.md"]),
            model=S3ModelInitializer(storage_uri="s3://models/llama", access_key_id="id", secret_access_key=_MADE_UP),
        ),
    ),
    "options": Variant(
        TorchTuneConfig(),
        options=[
            Labels({"app.kubernetes.io/instance": "argo", "team": "a"}),
            Annotations({"example.com/why": "an experiment"}),
            ActiveDeadlineSeconds(3600),
            patch(
                "node",
                annotations={"example.com/note": "patched"},
                node_selector={"kubernetes.io/os": "linux"},
                volumes=[{"name": "scratch", "emptyDir": {}}],
                containers=[
                    ContainerPatch(name="node", volume_mounts=[{"name": "scratch", "mountPath": "/scratch"}]),
                ],
            ),
        ],
    ),
    "llama-3b": Variant(TorchTuneConfig(resources_per_node=ONE_GPU), runtime=LLAMA_3B),
    "qwen": Variant(TorchTuneConfig(peft_config=LoraConfig(), resources_per_node=ONE_GPU), runtime=QWEN),
}


def options_of(name: str) -> list[Any]:
    """Give a variant's options, and its name for a name."""
    return [Name(name), *VARIANTS[name].options]
